#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/server/pipeline_fixture.h"

namespace atomstream {
namespace {

TEST_F(PipelineTest, AFrameBecomesAStoredAndPublishedResult) {
  Start({});
  source_.Give(MakeFrame(42));
  const FrameRecordPtr record = reader_->NextResult();
  EXPECT_EQ(record->frame_id, "frame-42");
  EXPECT_EQ(record->position.sequence, 1);
  EXPECT_EQ(record->origin, FrameOrigin::kSource);
  EXPECT_EQ(record->width_px, 8);
  EXPECT_EQ(record->detector.kind(), DetectorKind::kLogStar);
  EXPECT_EQ(record->detector.atoms().at(0).x_px, 42);
  ASSERT_EQ(record->summary.size(), 1u);
  EXPECT_EQ(record->summary[0].state, DetectorState::kDone);
  EXPECT_EQ(record->summary[0].sequence, 1);
  EXPECT_EQ(store_.RecordOf(**store_.Get({"epoch", 1})), record);
  EXPECT_EQ((*store_.Get({"epoch", 1}))->encoded, "frame-42#1");
  std::vector<std::string> stages;
  for (const StageTime& timing : record->timings) stages.push_back(timing.stage);
  EXPECT_THAT(stages, testing::ElementsAre("queue", "process", "order", "total"));
}

TEST_F(PipelineTest, AFrameIsKeptOnceItsResultIsPublished) {
  Gate gate;
  Start({}, [&gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    gate.Pass();
    return LogStarResult();
  });
  const std::shared_ptr<const Frame> frame = MakeFrame(1);
  source_.Give(frame);
  gate.WaitForArrivals(1);
  EXPECT_FALSE(frames_.Get("frame-1").ok());
  gate.Open();
  reader_->NextResult();
  EXPECT_EQ(*frames_.Get("frame-1"), frame);
}

TEST_F(PipelineTest, AFrameWhoseResultWasLostIsNotKept) {
  Start({});
  EXPECT_FALSE(Submit(MakeNamedFrame("unlucky")).get().ok());
  EXPECT_FALSE(frames_.Get("unlucky").ok());
}

TEST_F(PipelineTest, TimingsDoNotFollowAClockThatIsSet) {
  Start({}, [this](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    clock_.Advance(-absl::Hours(1));
    return LogStarResult();
  });
  source_.Give(MakeFrame(1));
  const FrameRecordPtr record = reader_->NextResult();
  EXPECT_EQ(record->result_time, clock_.Now());
  for (const StageTime& timing : record->timings) {
    EXPECT_GE(timing.duration, absl::ZeroDuration()) << timing.stage;
    EXPECT_LT(timing.duration, absl::Minutes(10)) << timing.stage;
  }
}

TEST_F(PipelineTest, TheLatticesDisagreementAndRemarksAreShown) {
  Start({}, [](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    LogStarResult result;
    if (frame.metadata().number == 1) {
      result.lattice.pixel_size_nm_metadata = 0.02;
      result.lattice.pixel_size_nm_measured = 0.025;
      result.flags = {"metadata_disagrees"};
    } else {
      result.flags = {"no_lattice", "a remark of tomorrow"};
    }
    return result;
  });
  const LatticeMetrics& shown = metrics_.Lattice("log_star");
  EXPECT_TRUE(std::isnan(shown.disagreement->value()));
  source_.Give(MakeFrame(1));
  reader_->NextResult();
  EXPECT_NEAR(shown.disagreement->value(), 0.25, 1e-12);  // pixels are larger than stated
  source_.Give(MakeFrame(2));
  reader_->NextResult();
  EXPECT_TRUE(std::isnan(shown.disagreement->value()));
  EXPECT_EQ(shown.Flagged("metadata_disagrees")->value(), 1);
  EXPECT_EQ(shown.Flagged("no_lattice")->value(), 1);
  EXPECT_EQ(shown.Flagged("other")->value(), 1);
  EXPECT_EQ(metrics_.Lattice("unet").Flagged("no_lattice")->value(), 0);
}

TEST_F(PipelineTest, BadFrameThenGoodFrame) {
  Start({});
  source_.Give(absl::InvalidArgumentError("pixels: 3 bytes"));
  source_.Give(MakeFrame(1));
  EXPECT_EQ(reader_->NextResult()->frame_number, 1);
  EXPECT_EQ(metrics_.FramesInvalid("pixels")->value(), 1);
}

TEST_F(PipelineTest, LiveResultsKeepTheOrderOfAdmissionWhenALaterFrameIsFaster) {
  Gate first;
  Start({.frames_in_flight = 2},
        [&first](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
          if (frame.metadata().number == 1) first.Pass();
          return LogStarResult();
        });
  source_.Give(MakeFrame(1));
  first.WaitForArrivals(1);
  source_.Give(MakeFrame(2));
  source_.WaitUntilAsked();
  while (pipeline_->status().frames_in_flight < 2) std::this_thread::yield();
  first.Open();
  EXPECT_EQ(reader_->NextResult()->frame_number, 1);
  EXPECT_EQ(reader_->NextResult()->frame_number, 2);
}

TEST_F(PipelineTest, ASlowSubmissionDoesNotHoldBackLiveResults) {
  Gate slow;
  Start({.frames_in_flight = 2},
        [&slow](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
          if (frame.metadata().id == "submitted") slow.Pass();
          return LogStarResult();
        });
  std::future<Result> submitted = Submit(MakeNamedFrame("submitted"));
  slow.WaitForArrivals(1);
  for (int number = 1; number <= 5; ++number) {
    source_.Give(MakeFrame(number));
    EXPECT_EQ(reader_->NextResult()->frame_number, number);
  }
  slow.Open();
  const Result result = submitted.get();
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->size(), 1u);
  EXPECT_EQ((*result)[0]->origin, FrameOrigin::kAnalyze);
  EXPECT_EQ((*result)[0]->position.sequence, 6);
  EXPECT_EQ(reader_->NextResult(), (*result)[0]);
}

TEST_F(PipelineTest, DropsAreDeclaredByTheNextResult) {
  Gate gate;
  Start({.frames_in_flight = 1},
        [&gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
          gate.Pass();
          return LogStarResult();
        });
  source_.Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  for (int number = 2; number <= 10; ++number) source_.Give(MakeFrame(number));
  source_.WaitUntilAsked();
  gate.Open();
  EXPECT_EQ(reader_->NextResult()->frame_number, 1);
  const FrameRecordPtr second = reader_->NextResult();
  EXPECT_EQ(second->frame_number, 10);
  EXPECT_EQ(second->frames_dropped_before, 8);
  EXPECT_EQ(metrics_.frames_dropped.overtaken->value(), 8);
}

TEST_F(PipelineTest, AReplayThatWaitsLosesNothing) {
  Start({.frames_in_flight = 2, .source_waits = true});
  for (int number = 1; number <= 200; ++number) source_.Give(MakeFrame(number));
  for (int number = 1; number <= 200; ++number) {
    EXPECT_EQ(reader_->NextResult()->frame_number, number);
  }
}

TEST_F(PipelineTest, AResultThatTheStoreRefusesIsCountedAndTheNextIsUnaffected) {
  Start({}, {}, /*with_source=*/false);
  EXPECT_TRUE(absl::IsDataLoss(Submit(MakeNamedFrame("unlucky")).get().status()));
  EXPECT_EQ(Submit(MakeFrame(1)).get()->at(0)->position.sequence, 1);
  EXPECT_EQ(metrics_.results_lost->value(), 1);
  CheckBooks();
}

TEST_F(PipelineTest, ACancelledSubmissionInTheQueueIsNotWorkedOn) {
  Gate gate;
  std::atomic<int> worked_on = 0;
  Start(
      {.frames_in_flight = 1},
      [&](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
        ++worked_on;
        gate.Pass();
        return LogStarResult();
      },
      /*with_source=*/false);
  std::future<Result> first = Submit(MakeFrame(1));
  gate.WaitForArrivals(1);
  std::shared_ptr<Submission> handle;
  std::future<Result> cancelled = Submit(MakeFrame(2), &handle);
  pipeline_->Cancel(*handle);
  EXPECT_TRUE(absl::IsCancelled(cancelled.get().status()));  // not only when its turn would come
  gate.Open();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(worked_on, 1);
  CheckBooks();
}

TEST_F(PipelineTest, ShutdownFinishesWhatIsInsideAndRefusesTheRest) {
  Gate gate;
  Start({.frames_in_flight = 1, .submit_queue = 4},
        [&gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
          gate.Pass();
          return LogStarResult();
        });
  source_.Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  std::future<Result> waiting = Submit(MakeFrame(101));
  std::thread opener([&] {
    source_.WaitUntilCancelled();
    EXPECT_TRUE(absl::IsUnavailable(
        pipeline_->Submit(MakeFrame(102), {DetectorKind::kLogStar}, [](Result) {}).status()));
    gate.Open();
  });
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  opener.join();
  EXPECT_TRUE(waiting.get().ok());
  EXPECT_EQ(store_.range().newest, 2);
  CheckBooks();
}

TEST_F(PipelineTest, ShutdownGivesUpAtTheDeadline) {
  Gate gate;
  Start({.frames_in_flight = 1, .submit_queue = 4},
        [&gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
          gate.Pass();
          return LogStarResult();
        });
  source_.Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  std::future<Result> waiting = Submit(MakeFrame(101));
  EXPECT_FALSE(pipeline_->Shutdown(absl::InfinitePast()));
  EXPECT_TRUE(absl::IsUnavailable(waiting.get().status()));
  gate.Open();
  pipeline_.reset();  // waits for the frame that was being worked on
  CheckBooks();
}

TEST_F(PipelineTest, StatusShowsTheSourceAndTheRate) {
  Start({});
  source_.Give(MakeFrame(1));
  reader_->WaitForState(SourceState::kStreaming);
  reader_->NextResult();
  const PipelineStatus status = pipeline_->status();
  EXPECT_EQ(status.source.state, SourceState::kStreaming);
  EXPECT_EQ(status.source.description, "fake source");
  EXPECT_GE(status.frames_in_flight, 0);
}

TEST_F(PipelineTest, UnderLoadTheBooksBalanceAndEverySequenceIsDelivered) {
  Start({.frames_in_flight = 3, .submit_queue = 8});
  constexpr int kLive = 2000, kSubmitted = 300;
  std::atomic<int> answered = 0, refused = 0;
  std::thread client([&] {
    for (int i = 1; i <= kSubmitted; ++i) {
      auto done = [&](Result) { ++answered; };
      if (!pipeline_->Submit(MakeFrame(i), {DetectorKind::kLogStar}, done).ok()) ++refused;
    }
  });
  for (int number = 1; number <= kLive; ++number) source_.Give(MakeFrame(number));
  source_.WaitUntilAsked();
  client.join();
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  hub_.Close();
  int64_t next = 1;
  int64_t last_live = 0, dropped = 0;
  while (const auto event = reader_->Next()) {
    if (const Gap* gap = std::get_if<Gap>(&*event)) {
      EXPECT_EQ(gap->first_sequence, next);
      next = gap->last_sequence + 1;
    }
    if (const StoredResultPtr* result = std::get_if<StoredResultPtr>(&*event)) {
      EXPECT_EQ((*result)->position.sequence, next++);
      const FrameRecordPtr record = store_.RecordOf(**result);
      if (record->origin == FrameOrigin::kSource) {
        EXPECT_GT(record->frame_number, last_live);
        last_live = record->frame_number;
        dropped += record->frames_dropped_before;
      }
    }
  }
  EXPECT_EQ(next - 1, store_.range().newest);
  EXPECT_LE(dropped, metrics_.frames_dropped.overtaken->value());
  EXPECT_EQ(answered + refused, kSubmitted);
  EXPECT_EQ(metrics_.frames_received_source->value(), kLive);
  CheckBooks();
}

}  // namespace
}  // namespace atomstream
