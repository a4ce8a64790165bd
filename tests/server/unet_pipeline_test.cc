// The pipeline with a U-Net beside LoG*: one result a detector, and what each says of the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "tests/fakes/gate.h"
#include "tests/server/pipeline_fixture.h"

namespace atomstream {
namespace {

constexpr DetectorKind kLogStar = DetectorKind::kLogStar;
constexpr DetectorKind kUnet = DetectorKind::kUnet;

// A network that stops at `gate`.
FakeSegmenter::Body Through(Gate* gate) {
  return [gate](const Image& image) {
    gate->Pass();
    return FakeSegmenter::OneAtom(image);
  };
}

DetectorSummary SummaryOf(const FrameRecord& record, DetectorKind kind) {
  for (const DetectorSummary& detector : record.summary) {
    if (detector.kind == kind) return detector;
  }
  ADD_FAILURE() << "no entry for " << DetectorName(kind);
  return {};
}

using UnetPipelineTest = PipelineTest;

TEST_F(UnetPipelineTest, EachDetectorHasAResultOfItsOwnAndTheLastOneSaysThatItIs) {
  Gate network;
  StartWithUnet({}, Through(&network));
  source_.Give(MakeTexturedFrame(1));
  const FrameRecordPtr first = reader_->NextResult();
  EXPECT_EQ(first->detector.kind(), kLogStar);
  EXPECT_EQ(SummaryOf(*first, kLogStar).state, DetectorState::kDone);
  EXPECT_EQ(SummaryOf(*first, kLogStar).sequence, 1);
  EXPECT_EQ(SummaryOf(*first, kUnet).state, DetectorState::kPending);
  EXPECT_TRUE(AnyPending(first->summary));
  EXPECT_EQ(metrics_.frames_processed->value(), 1);
  network.Open();
  const FrameRecordPtr last = reader_->NextResult();
  EXPECT_EQ(last->detector.kind(), kUnet);
  EXPECT_EQ(last->frame_id, "frame-1");
  EXPECT_EQ(last->position.sequence, 2);
  EXPECT_EQ(last->detector.atoms().size(), 1u);
  EXPECT_EQ(std::get<UnetResult>(last->detector.result).model_id, "fake@0");
  EXPECT_EQ(SummaryOf(*last, kLogStar).sequence, 1);
  EXPECT_EQ(SummaryOf(*last, kUnet).state, DetectorState::kDone);
  EXPECT_EQ(SummaryOf(*last, kUnet).sequence, 2);
  EXPECT_FALSE(AnyPending(last->summary));
  EXPECT_EQ(metrics_.frames_processed->value(), 1);  // a frame counts once
  EXPECT_EQ(metrics_.Atoms("unet")->value(), 1);
}

TEST_F(UnetPipelineTest, TheUnetsResultDoesNotWaitForLogStar) {
  Gate log_star;
  StartWithUnet({}, FakeSegmenter::OneAtom,
                [&log_star](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
                  log_star.Pass();
                  return LogStarResult();
                });
  source_.Give(MakeTexturedFrame(1));
  const FrameRecordPtr first = reader_->NextResult();
  EXPECT_EQ(first->detector.kind(), kUnet);
  EXPECT_EQ(SummaryOf(*first, kLogStar).state, DetectorState::kPending);
  log_star.Open();
  const FrameRecordPtr last = reader_->NextResult();
  EXPECT_EQ(last->detector.kind(), kLogStar);
  EXPECT_FALSE(AnyPending(last->summary));
}

TEST_F(UnetPipelineTest, ABlockedNetworkNeverDelaysLogStarAndSkippedFramesSaySo) {
  Gate network;
  StartWithUnet({.frames_in_flight = 2}, Through(&network));
  source_.Give(MakeTexturedFrame(1));
  EXPECT_EQ(SummaryOf(*reader_->NextResult(), kUnet).state, DetectorState::kPending);
  network.WaitForArrivals(1);
  for (int64_t number = 2; number <= 50; ++number) {
    source_.Give(MakeTexturedFrame(number));
    const FrameRecordPtr record = reader_->NextResult();
    EXPECT_EQ(record->frame_number, number);
    EXPECT_EQ(SummaryOf(*record, kUnet).state, DetectorState::kSkipped);
    EXPECT_EQ(SummaryOf(*record, kUnet).reason, "busy");
    EXPECT_FALSE(AnyPending(record->summary));
  }
  EXPECT_EQ(metrics_.unet.skipped_busy->value(), 49);
  network.Open();
  EXPECT_EQ(reader_->NextResult()->frame_number, 1);
}

TEST_F(UnetPipelineTest, ANetworkThatFailsIsAFlaggedResultAndLogStarIsUnaffected) {
  std::atomic<int> call = 0;
  StartWithUnet({}, [&call](const Image&) -> absl::StatusOr<Segmentation> {
    if (++call == 1) return absl::DataLossError("3 pixels of member 0 are not finite");
    throw std::runtime_error("thrown");
  });
  for (const int64_t number : {1, 2}) {
    const Result result = Submit(MakeTexturedFrame(number), nullptr, DetectorSet::All()).get();
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->size(), 2u);
    for (const FrameRecordPtr& record : *result) {
      EXPECT_EQ(record->detector.status.ok(), record->detector.kind() == kLogStar);
    }
    const FrameRecord& last = *result->back();
    EXPECT_EQ(SummaryOf(last, kLogStar).state, DetectorState::kDone);
    EXPECT_EQ(SummaryOf(last, kUnet).state, DetectorState::kFailed);
    EXPECT_EQ(SummaryOf(last, kUnet).reason, number == 1
                                                 ? "DATA_LOSS: 3 pixels of member 0 are not finite"
                                                 : "INTERNAL: U-Net: thrown");
  }
  EXPECT_EQ(metrics_.unet.non_finite->value(), 1);
  EXPECT_EQ(metrics_.unet.failed->value(), 1);
  EXPECT_EQ(metrics_.FramesFailed("unet")->value(), 2);
  EXPECT_EQ(metrics_.FramesFailed("log_star")->value(), 0);
}

TEST_F(UnetPipelineTest, ASubmissionGetsTheDetectorsItAskedFor) {
  StartWithUnet({}, FakeSegmenter::OneAtom);
  const auto kinds = [this](DetectorSet wanted) {
    const Result result = Submit(MakeTexturedFrame(1), nullptr, wanted).get();
    std::vector<DetectorKind> kinds;
    for (const FrameRecordPtr& record : *result) kinds.push_back(record->detector.kind());
    EXPECT_EQ(result->back()->summary.size(), kinds.size());
    EXPECT_FALSE(AnyPending(result->back()->summary));
    return kinds;
  };
  EXPECT_THAT(kinds({kLogStar}), testing::ElementsAre(kLogStar));
  EXPECT_THAT(kinds({kUnet}), testing::ElementsAre(kUnet));
  EXPECT_THAT(kinds(DetectorSet::All()), testing::UnorderedElementsAre(kLogStar, kUnet));
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  CheckBooks();
}

TEST_F(UnetPipelineTest, SubmissionsWaitForTheUnetAndAreRefusedWhenItsQueueIsFull) {
  Gate network;
  StartWithUnet({.frames_in_flight = 2, .submit_queue = 2}, Through(&network));
  std::vector<std::future<Result>> ends;
  ends.push_back(Submit(MakeTexturedFrame(1), nullptr, DetectorSet::All()));
  network.WaitForArrivals(1);
  for (const int64_t number : {2, 3}) {
    EXPECT_TRUE(pipeline_->CheckRoom(DetectorSet::All()).ok());
    ends.push_back(Submit(MakeTexturedFrame(number), nullptr, DetectorSet::All()));
  }
  // LoG* is done with all three, yet two of them wait for the network.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reader_->NextResult()->detector.kind(), kLogStar);
  EXPECT_TRUE(absl::IsResourceExhausted(pipeline_->CheckRoom(DetectorSet::All())));
  EXPECT_TRUE(absl::IsResourceExhausted(
      pipeline_->Submit(MakeTexturedFrame(4), {kUnet}, [](Result) {}).status()));
  EXPECT_EQ(metrics_.submissions_refused->value(), 2);
  EXPECT_TRUE(Submit(MakeTexturedFrame(5)).get().ok());  // LoG* alone needs no place there
  network.Open();
  for (std::future<Result>& end : ends) EXPECT_EQ(end.get()->size(), 2u);
  EXPECT_TRUE(pipeline_->CheckRoom(DetectorSet::All()).ok());
}

TEST_F(UnetPipelineTest, ACancelledSubmissionThatWaitsForTheUnetIsGivenUpAndItsFrameIsClosed) {
  Gate network;
  StartWithUnet({}, Through(&network), {}, /*with_source=*/false);
  std::future<Result> running = Submit(MakeTexturedFrame(1), nullptr, {kUnet});
  network.WaitForArrivals(1);
  std::shared_ptr<Submission> both, only_unet;
  std::future<Result> end_of_both = Submit(MakeTexturedFrame(2), &both, DetectorSet::All());
  EXPECT_EQ(SummaryOf(*reader_->NextResult(), kUnet).state, DetectorState::kPending);
  std::future<Result> end_of_unet = Submit(MakeTexturedFrame(3), &only_unet, {kUnet});
  pipeline_->Cancel(*both);
  EXPECT_TRUE(absl::IsCancelled(end_of_both.get().status()));
  // The result before had promised another one.
  const FrameRecordPtr closing = reader_->NextResult();
  EXPECT_EQ(closing->frame_number, 2);
  EXPECT_TRUE(absl::IsCancelled(closing->detector.status));
  EXPECT_EQ(SummaryOf(*closing, kUnet).state, DetectorState::kSkipped);
  EXPECT_EQ(SummaryOf(*closing, kUnet).reason, "cancelled");
  EXPECT_FALSE(AnyPending(closing->summary));
  // At the door it would be given up without ever being the U-Net's.
  while (metrics_.unet_waiting->value() < 1) std::this_thread::yield();
  pipeline_->Cancel(*only_unet);
  EXPECT_TRUE(absl::IsCancelled(end_of_unet.get().status()));
  EXPECT_EQ(metrics_.frames_dropped.unet_cancelled->value(), 1);
  network.Open();
  EXPECT_TRUE(running.get().ok());
  EXPECT_EQ(reader_->NextResult()->frame_number, 1);  // nothing was published of frame 3
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.unet.cancelled->value(), 2);
  CheckBooks();
}

TEST_F(UnetPipelineTest, ShutdownGivesUpAtTheDeadlineWhatWaitsForTheUnet) {
  Gate network;
  StartWithUnet({}, Through(&network));
  std::future<Result> running = Submit(MakeTexturedFrame(1), nullptr, {kUnet});
  network.WaitForArrivals(1);
  std::future<Result> both = Submit(MakeTexturedFrame(2), nullptr, DetectorSet::All());
  std::future<Result> only_unet = Submit(MakeTexturedFrame(3), nullptr, {kUnet});
  EXPECT_EQ(reader_->NextResult()->frame_number, 2);
  while (metrics_.unet_waiting->value() < 2) std::this_thread::yield();
  EXPECT_FALSE(pipeline_->Shutdown(absl::InfinitePast()));
  EXPECT_TRUE(absl::IsUnavailable(both.get().status()));
  EXPECT_TRUE(absl::IsUnavailable(only_unet.get().status()));
  EXPECT_EQ(SummaryOf(*reader_->NextResult(), kUnet).reason, "shutdown");
  network.Open();
  pipeline_.reset();  // waits for the frame that was being worked on
  EXPECT_TRUE(running.get().ok());
  EXPECT_EQ(metrics_.frames_dropped.unet_shutdown->value(), 1);
  EXPECT_EQ(metrics_.unet.shutdown->value(), 2);
  CheckBooks();
}

TEST_F(UnetPipelineTest, ShutdownFinishesWhatWaitsForTheUnetIfThereIsTime) {
  Gate network;
  StartWithUnet({}, Through(&network));
  std::vector<std::future<Result>> ends;
  for (const int64_t number : {1, 2, 3}) {
    ends.push_back(Submit(MakeTexturedFrame(number), nullptr, DetectorSet::All()));
  }
  network.WaitForArrivals(1);
  std::thread opener([&] {
    source_.WaitUntilCancelled();
    network.Open();
  });
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  opener.join();
  for (std::future<Result>& end : ends) EXPECT_EQ(end.get()->size(), 2u);
  CheckBooks();
}

TEST_F(UnetPipelineTest, BothDetectorsAreScoredAgainstTheTruth) {
  StartWithUnet({}, FakeSegmenter::OneAtom);
  FrameMetadata metadata;
  metadata.id = "f";
  metadata.ground_truth = {{{8, 8}, {8, 14}}};  // the fake network finds the first
  const Result result = Submit(MakeTexturedFrame(metadata), nullptr, DetectorSet::All()).get();
  ASSERT_EQ(result->size(), 2u);
  for (const FrameRecordPtr& record : *result) {
    ASSERT_TRUE(record->evaluation.has_value());
    const bool unet = record->detector.kind() == kUnet;
    EXPECT_EQ(record->evaluation->true_positives, unet ? 1 : 0);
    EXPECT_EQ(record->evaluation->false_negatives, unet ? 1 : 2);
  }
  EXPECT_DOUBLE_EQ(metrics_.F1("unet")->value(), 2.0 / 3);
  EXPECT_EQ(metrics_.F1("log_star")->value(), 0);
}

TEST_F(UnetPipelineTest, FramesDroppedAtTheDoorAreToldByLogStarOnly) {
  Gate log_star;
  StartWithUnet({.frames_in_flight = 1}, FakeSegmenter::OneAtom,
                [&log_star](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
                  log_star.Pass();
                  return LogStarResult();
                });
  source_.Give(MakeTexturedFrame(1));
  log_star.WaitForArrivals(1);
  EXPECT_EQ(reader_->NextResult()->detector.kind(), kUnet);
  for (int64_t number = 2; number <= 5; ++number) source_.Give(MakeTexturedFrame(number));
  source_.WaitUntilAsked();
  log_star.Open();
  // 1 of LoG*, then 5 of LoG* and of the U-Net, unless its thread was not idle again yet.
  for (bool complete = false; !complete;) {
    const FrameRecordPtr record = reader_->NextResult();
    const bool tells = record->frame_number == 5 && record->detector.kind() == kLogStar;
    EXPECT_EQ(record->frames_dropped_before, tells ? 3 : 0);
    complete = record->frame_number == 5 && !AnyPending(record->summary);
  }
}

TEST_F(UnetPipelineTest, AResultThatTheStoreRefusesFailsTheCallAndTheOtherIsCounted) {
  StartWithUnet({}, FakeSegmenter::OneAtom, {}, /*with_source=*/false);
  FrameMetadata metadata;
  metadata.id = "unlucky";
  const Result result = Submit(MakeTexturedFrame(metadata), nullptr, DetectorSet::All()).get();
  EXPECT_TRUE(absl::IsDataLoss(result.status()));
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.results_lost->value(), 2);
  EXPECT_EQ(metrics_.frames_dropped.refused_by_store->value(), 1);
  CheckBooks();
}

TEST_F(UnetPipelineTest, ReloadsUnderLoadLoseNoFrame) {
  StartWithUnet({.frames_in_flight = 2, .submit_queue = 300}, FakeSegmenter::OneAtom);
  std::vector<std::weak_ptr<const Segmenter>> models;
  std::vector<std::future<Result>> ends;
  for (int i = 0; i < 200; ++i) {
    ends.push_back(Submit(MakeTexturedFrame(i), nullptr, DetectorSet::All()));
    UnetModel model = MakeFakeModel(absl::StrCat("model@", i));
    models.emplace_back(model.segmenter);
    holder_->Set(std::move(model));
  }
  for (std::future<Result>& end : ends) {
    const Result result = end.get();
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->size(), 2u);
  }
  EXPECT_EQ(metrics_.unet.done->value(), 200);
  for (size_t i = 0; i + 1 < models.size(); ++i) EXPECT_TRUE(models[i].expired()) << i;
}

// Every frame's results: one promised is one published, in order, and the last says so.
TEST_F(UnetPipelineTest, UnderLoadEverySummaryIsKept) {
  StartWithUnet({.frames_in_flight = 3, .submit_queue = 8}, FakeSegmenter::OneAtom);
  constexpr int kLive = 1500, kSubmitted = 200;
  std::atomic<int> answered = 0, refused = 0;
  std::thread client([&] {
    for (int i = 1; i <= kSubmitted; ++i) {
      FrameMetadata metadata;
      metadata.id = absl::StrCat("submitted-", i);
      auto done = [&](Result) { ++answered; };
      if (!pipeline_->Submit(MakeTexturedFrame(metadata), DetectorSet::All(), done).ok()) {
        ++refused;
      }
    }
  });
  for (int number = 1; number <= kLive; ++number) source_.Give(MakeTexturedFrame(number));
  source_.WaitUntilAsked();
  client.join();
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(answered + refused, kSubmitted);
  CheckBooks();

  std::map<std::string, int> promised;  // results that are still to come, by frame
  std::map<DetectorKind, int64_t> last_live;
  int64_t frames = 0, unet = 0, skipped = 0;
  const FrameRecords records = store_.records();
  for (const FrameRecordPtr& record : records) {
    const DetectorKind kind = record->detector.kind();
    if (record->origin == FrameOrigin::kSource) {
      EXPECT_GT(record->frame_number, last_live[kind]);
      last_live[kind] = record->frame_number;
    }
    EXPECT_EQ(SummaryOf(*record, kind).sequence, record->position.sequence);
    unet += kind == kUnet;
    skipped += SummaryOf(*record, kUnet).state == DetectorState::kSkipped;
    if (promised.count(record->frame_id) == 0) ++frames;
    promised[record->frame_id] = AnyPending(record->summary) ? 1 : 0;
  }
  for (const auto& [frame, open] : promised) EXPECT_EQ(open, 0) << frame;
  EXPECT_EQ(unet, metrics_.unet.done->value());
  EXPECT_EQ(skipped, metrics_.unet.skipped_busy->value());
  EXPECT_EQ(frames, metrics_.frames_processed->value());
}

}  // namespace
}  // namespace atomstream
