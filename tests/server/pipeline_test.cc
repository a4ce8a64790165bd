#include "server/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "server/store/memory_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_frame_source.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/fake_wait.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/hub_reader.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

using Result = absl::StatusOr<FrameRecordPtr>;

// A store that refuses results on demand.
class FailingStore final : public ResultStore {
 public:
  Result Append(FrameRecord record) override {
    if (record.frame_id == "unlucky") return absl::DataLossError("disk full");
    return kept_.Append(std::move(record));
  }
  Result Get(const ResultPosition& position) const override { return kept_.Get(position); }
  Result GetNewestOf(absl::string_view id) const override { return kept_.GetNewestOf(id); }
  absl::StatusOr<std::vector<FrameRecordPtr>> List(int64_t after, int limit) const override {
    return kept_.List(after, limit);
  }
  StoreRange range() const override { return kept_.range(); }
  const std::string& epoch() const override { return kept_.epoch(); }

 private:
  MemoryStore kept_{"epoch", 1000};
};

class PipelineTest : public testing::Test {
 protected:
  void Start(PipelineOptions options, FakeLogStar::Body body = {}, bool with_source = true) {
    if (body) log_star_ = std::make_unique<FakeLogStar>(std::move(body));
    reader_ = std::make_unique<HubReader>(&hub_);
    pipeline_ = std::make_unique<Pipeline>(
        options, PipelineDependencies{.source = with_source ? &source_ : nullptr,
                                      .log_star = log_star_.get(),
                                      .executor = &executor_,
                                      .store = &store_,
                                      .hub = &hub_,
                                      .metrics = &metrics_,
                                      .log = &log_,
                                      .clock = &clock_,
                                      .steady_clock = &steady_clock_,
                                      .wait = &wait_,
                                      .random = [] { return 0.0; }});
    pipeline_->Start();
  }

  // Submits and gives the future end.
  std::future<Result> Submit(std::shared_ptr<const Frame> frame,
                             std::shared_ptr<Submission>* handle = nullptr) {
    auto promise = std::make_shared<std::promise<Result>>();
    std::future<Result> future = promise->get_future();
    auto submission = pipeline_->Submit(
        std::move(frame), [promise](Result result) { promise->set_value(std::move(result)); });
    EXPECT_TRUE(submission.ok()) << submission.status();
    if (handle != nullptr) *handle = *submission;
    return future;
  }

  // received = processed + dropped, once the pipeline is empty.
  void CheckBooks() {
    EXPECT_EQ(metrics_.frames_received_source->value() + metrics_.frames_received_analyze->value(),
              metrics_.frames_processed->value() + metrics_.results_lost->value() +
                  metrics_.frames_dropped_admission->value() +
                  metrics_.frames_dropped_cancelled->value() +
                  metrics_.frames_dropped_shutdown->value());
  }

  FakeClock clock_;
  const SteadyClock steady_clock_;
  InlineExecutor executor_;
  FakeWait wait_;
  SilentLog log_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  FailingStore store_;
  ResultHub hub_{8, &metrics_};
  FakeFrameSource source_;
  std::unique_ptr<FakeLogStar> log_star_ = std::make_unique<FakeLogStar>();
  std::unique_ptr<HubReader> reader_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, AFrameBecomesAStoredAndPublishedResult) {
  Start({});
  source_.Give(MakeFrame(42));
  const FrameRecordPtr record = reader_->NextResult();
  EXPECT_EQ(record->frame_id, "frame-42");
  EXPECT_EQ(record->position.sequence, 1);
  EXPECT_EQ(record->origin, FrameOrigin::kSource);
  EXPECT_EQ(record->width_px, 8);
  EXPECT_EQ(record->detectors.at(0).log_star.atoms.at(0).x_px, 42);
  EXPECT_EQ(*store_.Get({"epoch", 1}), record);
  std::vector<std::string> stages;
  for (const StageTime& timing : record->timings) stages.push_back(timing.stage);
  EXPECT_THAT(stages, testing::ElementsAre("queue", "process", "order", "total"));
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
  EXPECT_EQ((*result)->origin, FrameOrigin::kAnalyze);
  EXPECT_EQ((*result)->position.sequence, 6);
  EXPECT_EQ(reader_->NextResult(), *result);
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
  EXPECT_EQ(metrics_.frames_dropped_admission->value(), 8);
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
  EXPECT_EQ((*Submit(MakeFrame(1)).get())->position.sequence, 1);
  EXPECT_EQ(metrics_.results_lost->value(), 1);
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
    EXPECT_TRUE(absl::IsUnavailable(pipeline_->Submit(MakeFrame(102), [](Result) {}).status()));
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
      if (!pipeline_->Submit(MakeFrame(i), done).ok()) ++refused;
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
    if (const FrameRecordPtr* record = std::get_if<FrameRecordPtr>(&*event)) {
      EXPECT_EQ((*record)->position.sequence, next++);
      if ((*record)->origin == FrameOrigin::kSource) {
        EXPECT_GT((*record)->frame_number, last_live);
        last_live = (*record)->frame_number;
        dropped += (*record)->frames_dropped_before;
      }
    }
  }
  EXPECT_EQ(next - 1, store_.range().newest);
  EXPECT_LE(dropped, metrics_.frames_dropped_admission->value());
  EXPECT_EQ(answered + refused, kSubmitted);
  EXPECT_EQ(metrics_.frames_received_source->value(), kLive);
  CheckBooks();
}

}  // namespace
}  // namespace atomstream
