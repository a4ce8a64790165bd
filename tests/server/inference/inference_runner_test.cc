#include "server/inference/inference_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_segmenter.h"
#include "tests/fakes/gate.h"

namespace atomstream {
namespace {

using Result = std::future<InferenceOutcome>;

class InferenceRunnerTest : public testing::Test {
 protected:
  void Start(FakeSegmenter::Body body = FakeSegmenter::OneAtom, int submit_queue = 4,
             std::function<void()> lower_priority = {}) {
    holder_ = std::make_unique<ModelHolder>(MakeFakeModel("first@0", std::move(body)));
    runner_ = std::make_unique<InferenceRunner>(
        submit_queue, InferenceDependencies{.model = holder_.get(),
                                            .steady_clock = &steady_,
                                            .metrics = &metrics_,
                                            .lower_priority = std::move(lower_priority)});
    runner_->Start();
  }

  // A body that stops at `gate`.
  static FakeSegmenter::Body Through(Gate* gate) {
    return [gate](const Image& image) {
      gate->Pass();
      return FakeSegmenter::OneAtom(image);
    };
  }

  // A `done` and the future that it fulfils.
  static std::pair<InferenceRunner::Done, Result> NewDone() {
    auto promise = std::make_shared<std::promise<InferenceOutcome>>();
    Result result = promise->get_future();
    return {[promise](InferenceOutcome outcome) { promise->set_value(std::move(outcome)); },
            std::move(result)};
  }

  // An invalid future: the frame was not taken.
  Result TryRun(int64_t live_index) {
    auto [done, result] = NewDone();
    if (!runner_->TryRun(MakeTexturedFrame(live_index), live_index, std::move(done))) return {};
    return std::move(result);
  }

  Result Enqueue(std::shared_ptr<Submission> submission = NewSubmission()) {
    InferencePlace place = runner_->TakePlace();
    if (place == nullptr) return {};
    auto [done, result] = NewDone();
    runner_->Enqueue(MakeTexturedFrame(1), std::move(submission), std::move(place),
                     std::move(done));
    return std::move(result);
  }

  static std::shared_ptr<Submission> NewSubmission() {
    return std::make_shared<Submission>(DetectorSet::All(), [](absl::StatusOr<FrameRecords>) {});
  }

  FakeClock steady_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  std::unique_ptr<ModelHolder> holder_;
  std::unique_ptr<InferenceRunner> runner_;
};

TEST_F(InferenceRunnerTest, ALiveFrameIsSegmented) {
  Start();
  const InferenceOutcome outcome = TryRun(0).get();
  ASSERT_TRUE(outcome.result.ok()) << outcome.result.status();
  EXPECT_EQ(outcome.given_up, "");
  EXPECT_EQ(outcome.result->model_id, "first@0");
  EXPECT_EQ(outcome.result->atoms.size(), 1u);
  EXPECT_EQ(metrics_.unet.done->value(), 1);
  EXPECT_EQ(metrics_.unet.tiles->value(), 1);
  EXPECT_EQ(metrics_.unet.stages.at("inference")->snapshot().count, 1u);
  EXPECT_EQ(metrics_.unet.stages.at("wait")->snapshot().count, 1u);
}

TEST_F(InferenceRunnerTest, PassesAndMemoryOfAFrameAreShown) {
  Start([](const Image& image) {
    absl::StatusOr<Segmentation> result = FakeSegmenter::OneAtom(image);
    result->batches = {8, 8, 3};
    result->memory = {.peak_bytes = 1000, .allocated_bytes = 3000, .reserved_bytes = 4000};
    return result;
  });
  ASSERT_TRUE(TryRun(0).get().result.ok());
  const Histogram::Snapshot passes = metrics_.unet.batch_tiles->snapshot();
  EXPECT_EQ(passes.count, 3u);
  EXPECT_DOUBLE_EQ(passes.sum, 19);
  EXPECT_DOUBLE_EQ(metrics_.unet.peak_bytes->value(), 1000);
  EXPECT_DOUBLE_EQ(metrics_.unet.allocated_bytes->value(), 3000);
  EXPECT_DOUBLE_EQ(metrics_.unet.reserved_bytes->value(), 4000);
}

TEST_F(InferenceRunnerTest, MemoryThatIsNotKnownIsNoNumber) {
  Start();
  ASSERT_TRUE(TryRun(0).get().result.ok());
  EXPECT_TRUE(std::isnan(metrics_.unet.peak_bytes->value()));
  EXPECT_TRUE(std::isnan(metrics_.unet.allocated_bytes->value()));
  EXPECT_TRUE(std::isnan(metrics_.unet.reserved_bytes->value()));
}

TEST_F(InferenceRunnerTest, TheAgeIsThatOfTheOldestFrameThatWaits) {
  Gate gate;
  Start(Through(&gate));
  Result first = Enqueue();
  gate.WaitForArrivals(1);
  runner_->ShowAge();
  EXPECT_EQ(metrics_.queue_ages.unet->value(), 0);  // its turn has come
  Result second = Enqueue();
  steady_.Advance(absl::Seconds(7));
  Result third = Enqueue();
  steady_.Advance(absl::Seconds(1));
  runner_->ShowAge();
  EXPECT_DOUBLE_EQ(metrics_.queue_ages.unet->value(), 8);
  gate.Open();
  EXPECT_TRUE(third.get().result.ok());
  runner_->ShowAge();
  EXPECT_EQ(metrics_.queue_ages.unet->value(), 0);
}

TEST_F(InferenceRunnerTest, ALiveFrameIsSkippedWhileAnotherIsWorkedOn) {
  Gate gate;
  Start(Through(&gate));
  Result first = TryRun(0);
  gate.WaitForArrivals(1);
  EXPECT_FALSE(TryRun(1).valid());
  EXPECT_FALSE(TryRun(2).valid());
  EXPECT_EQ(metrics_.unet.skipped_busy->value(), 2);
  gate.Open();
  EXPECT_TRUE(first.get().result.ok());
}

TEST_F(InferenceRunnerTest, ALiveFrameThatWasOvertakenIsSkippedSoThatResultsStayInOrder) {
  Start();
  ASSERT_TRUE(TryRun(5).get().result.ok());
  // For a moment the thread may still be handing on a result: ask until it is taken.
  for (int64_t index = 6; index < 50; ++index) {
    Result later;
    while (!later.valid()) {
      EXPECT_FALSE(TryRun(4).valid());
      EXPECT_FALSE(TryRun(index - 1).valid());
      later = TryRun(index);
    }
    EXPECT_TRUE(later.get().result.ok());
  }
}

TEST_F(InferenceRunnerTest, SubmissionsWaitAndAreNeverSkipped) {
  Gate gate;
  Start(Through(&gate), /*submit_queue=*/3);
  Result live = TryRun(0);
  gate.WaitForArrivals(1);
  std::vector<Result> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(Enqueue());
  EXPECT_FALSE(Enqueue().valid());  // no place
  EXPECT_FALSE(runner_->has_room());
  EXPECT_EQ(metrics_.unet_waiting->value(), 3);
  gate.Open();
  for (Result& result : waiting) EXPECT_TRUE(result.get().result.ok());
  EXPECT_TRUE(live.get().result.ok());
  EXPECT_TRUE(runner_->has_room());
  EXPECT_EQ(metrics_.unet_waiting->value(), 0);
}

TEST_F(InferenceRunnerTest, APlaceIsFreeAgainWhenTheTurnHasCome) {
  Gate gate;
  Start(Through(&gate), /*submit_queue=*/1);
  Result running = Enqueue();
  gate.WaitForArrivals(1);
  Result waiting = Enqueue();
  ASSERT_TRUE(waiting.valid());
  EXPECT_FALSE(Enqueue().valid());
  gate.Open();
  EXPECT_TRUE(running.get().result.ok());
  EXPECT_TRUE(waiting.get().result.ok());
}

TEST_F(InferenceRunnerTest, NoFrameBeginsWhileAResultIsBeingHandedOn) {
  Gate handing;
  Start();
  Result second;
  ASSERT_TRUE(runner_->TryRun(MakeTexturedFrame(0), 0, [&](InferenceOutcome) { handing.Pass(); }));
  handing.WaitForArrivals(1);
  EXPECT_FALSE(TryRun(1).valid());
  second = Enqueue();
  EXPECT_EQ(metrics_.unet_waiting->value(), 1);
  handing.Open();
  EXPECT_TRUE(second.get().result.ok());
}

TEST_F(InferenceRunnerTest, FailuresAreReportedAndCountedByKind) {
  int call = 0;
  Start([&call](const Image& image) -> absl::StatusOr<Segmentation> {
    switch (++call) {
      case 1:
        return absl::InternalError("the network broke");
      case 2:
        return absl::DataLossError("3 pixels of member 1 are not finite");
      case 3:
        throw std::runtime_error("thrown");
      default:
        return FakeSegmenter::OneAtom(image);
    }
  });
  EXPECT_TRUE(absl::IsInternal(Enqueue().get().result.status()));
  EXPECT_TRUE(absl::IsDataLoss(Enqueue().get().result.status()));
  EXPECT_TRUE(absl::IsInternal(Enqueue().get().result.status()));
  EXPECT_TRUE(Enqueue().get().result.ok());  // the next frame is unaffected
  EXPECT_EQ(metrics_.unet.failed->value(), 2);
  EXPECT_EQ(metrics_.unet.non_finite->value(), 1);
  EXPECT_EQ(metrics_.unet.done->value(), 1);
}

TEST_F(InferenceRunnerTest, ACancelledSubmissionThatWaitsIsGivenUpAtOnce) {
  Gate gate;
  Start(Through(&gate));
  Result running = Enqueue();
  gate.WaitForArrivals(1);
  const std::shared_ptr<Submission> submission = NewSubmission();
  Result cancelled = Enqueue(submission);
  Result other = Enqueue();
  submission->Cancel();
  runner_->DropCancelled();
  const InferenceOutcome outcome = cancelled.get();
  EXPECT_TRUE(absl::IsCancelled(outcome.result.status()));
  EXPECT_EQ(outcome.given_up, "cancelled");
  EXPECT_EQ(metrics_.unet.cancelled->value(), 1);
  gate.Open();
  EXPECT_TRUE(running.get().result.ok());
  EXPECT_TRUE(other.get().result.ok());
  EXPECT_EQ(gate.arrived(), 2);  // the cancelled one was not worked on
}

TEST_F(InferenceRunnerTest, ShutdownFinishesWhatWaits) {
  Gate gate;
  Start(Through(&gate));
  Result running = Enqueue();
  Result waiting = Enqueue();
  gate.WaitForArrivals(1);
  std::thread opener([&] {
    while (TryRun(metrics_.unet.skipped_busy->value()).valid()) std::this_thread::yield();
    gate.Open();
  });
  EXPECT_TRUE(runner_->Shutdown(absl::InfiniteFuture()));
  opener.join();
  EXPECT_TRUE(running.get().result.ok());
  EXPECT_TRUE(waiting.get().result.ok());
  EXPECT_FALSE(TryRun(100).valid());
}

TEST_F(InferenceRunnerTest, ShutdownGivesUpWhatWaitsAtTheDeadlineAndDoesNotWaitForTheNetwork) {
  Gate gate;
  Start(Through(&gate));
  Result running = TryRun(0);
  gate.WaitForArrivals(1);
  Result waiting = Enqueue();
  EXPECT_FALSE(runner_->Shutdown(absl::InfinitePast()));
  const InferenceOutcome outcome = waiting.get();
  EXPECT_TRUE(absl::IsUnavailable(outcome.result.status()));
  EXPECT_EQ(outcome.given_up, "shutdown");
  EXPECT_EQ(Enqueue().get().given_up, "shutdown");  // also what comes afterwards
  EXPECT_EQ(metrics_.unet.shutdown->value(), 2);
  gate.Open();
  EXPECT_TRUE(running.get().result.ok());
  runner_.reset();
}

TEST_F(InferenceRunnerTest, TheThreadIsToldToStandBackBeforeAnythingElse) {
  std::thread::id told, worked;
  Start(
      [&](const Image& image) {
        worked = std::this_thread::get_id();
        return FakeSegmenter::OneAtom(image);
      },
      4, [&] { told = std::this_thread::get_id(); });
  Enqueue().wait();
  EXPECT_EQ(told, worked);
  EXPECT_NE(told, std::this_thread::get_id());
}

TEST_F(InferenceRunnerTest, AFrameKeepsTheModelItBeganWithAndTheOldOneIsFreedAfterIt) {
  Gate gate;
  Start(Through(&gate));
  const std::weak_ptr<const Segmenter> old = holder_->Get().segmenter;
  Result first = Enqueue();
  gate.WaitForArrivals(1);
  holder_->Set(MakeFakeModel("second@1"));
  Result second = Enqueue();
  EXPECT_FALSE(old.expired());
  gate.Open();
  EXPECT_EQ(first.get().result->model_id, "first@0");
  EXPECT_TRUE(old.expired());
  EXPECT_EQ(second.get().result->model_id, "second@1");
}

TEST_F(InferenceRunnerTest, UnderLoadEveryFrameIsSkippedOrDoneAndLiveResultsKeepTheirOrder) {
  Start(FakeSegmenter::OneAtom, /*submit_queue=*/8);
  constexpr int kLive = 3000, kSubmitted = 400;
  std::atomic<int> live_done = 0, live_skipped = 0, submitted_done = 0, refused = 0;
  std::atomic<int64_t> last_live = -1, next_live = 0;
  std::atomic<bool> in_order = true;
  const auto offer_live = [&] {
    for (int64_t i; (i = next_live++) < kLive;) {
      const bool taken = runner_->TryRun(MakeTexturedFrame(i), i, [&, i](InferenceOutcome) {
        if (i <= last_live.exchange(i)) in_order = false;
        ++live_done;
      });
      if (!taken) ++live_skipped;
    }
  };
  std::thread a(offer_live), b(offer_live);
  std::thread submitter([&] {
    for (int i = 0; i < kSubmitted; ++i) {
      InferencePlace place = runner_->TakePlace();
      if (place == nullptr) {
        ++refused;
        continue;
      }
      runner_->Enqueue(MakeTexturedFrame(i), NewSubmission(), std::move(place),
                       [&](InferenceOutcome outcome) { submitted_done += outcome.result.ok(); });
    }
  });
  std::thread reloader([&] {
    for (int i = 0; i < 50; ++i) holder_->Set(MakeFakeModel(absl::StrCat("model@", i)));
  });
  for (std::thread* thread : {&a, &b, &submitter, &reloader}) thread->join();
  EXPECT_TRUE(runner_->Shutdown(absl::InfiniteFuture()));
  EXPECT_TRUE(in_order);
  EXPECT_EQ(live_done + live_skipped, kLive);
  EXPECT_EQ(submitted_done + refused, kSubmitted);
  EXPECT_EQ(metrics_.unet.done->value(), live_done + submitted_done);
  EXPECT_EQ(metrics_.unet.skipped_busy->value(), live_skipped);
}

}  // namespace
}  // namespace atomstream
