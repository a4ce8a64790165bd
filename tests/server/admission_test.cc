#include "server/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

class AdmissionTest : public testing::Test {
 protected:
  void Make(AdmissionOptions options) {
    admission_ = std::make_unique<Admission>(options, &clock_, &metrics_);
  }

  // A submission whose end is kept in ends_.
  std::shared_ptr<Submission> NewSubmission() {
    return std::make_shared<Submission>(
        DetectorSet::All(),
        [this](absl::StatusOr<FrameRecords> result) { ends_.push_back(result.status().code()); });
  }

  int64_t TakeNumber() { return admission_->Take()->frame->metadata().number; }

  FakeClock clock_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  std::unique_ptr<Admission> admission_;
  std::vector<absl::StatusCode> ends_;
};

TEST_F(AdmissionTest, OnlyTheNewestLiveFrameWaitsAndEveryDropIsCountedAndDeclared) {
  Make({.frames_in_flight = 1});
  admission_->OfferLive(MakeFrame(1));
  const AdmittedFrame first = *admission_->Take();
  EXPECT_EQ(first.live_index, 0);
  EXPECT_EQ(first.frames_dropped_before, 0);
  for (int number = 2; number <= 6; ++number) admission_->OfferLive(MakeFrame(number));
  EXPECT_EQ(metrics_.frames_dropped.overtaken->value(), 4);
  admission_->Release(FrameOrigin::kSource);
  const AdmittedFrame second = *admission_->Take();
  EXPECT_EQ(second.frame->metadata().number, 6);
  EXPECT_EQ(second.live_index, 1);
  EXPECT_EQ(second.frames_dropped_before, 4);
  admission_->Release(FrameOrigin::kSource);
  admission_->OfferLive(MakeFrame(7));
  EXPECT_EQ(admission_->Take()->frames_dropped_before, 0);
  EXPECT_EQ(metrics_.frames_received_source->value(), 7);
}

TEST_F(AdmissionTest, NeverMoreInsideThanAllowed) {
  Make({.frames_in_flight = 2});
  for (int i = 1; i <= 2; ++i) {
    admission_->OfferLive(MakeFrame(i));
    EXPECT_EQ(TakeNumber(), i);
  }
  admission_->OfferLive(MakeFrame(3));
  std::thread third([&] {
    EXPECT_EQ(TakeNumber(), 3);
    EXPECT_EQ(admission_->frames_in_flight(), 2);
  });
  EXPECT_EQ(admission_->frames_in_flight(), 2);
  admission_->Release(FrameOrigin::kSource);
  third.join();
}

TEST_F(AdmissionTest, TheAgeOfWhatWaitsGrowsWhileNothingHappens) {
  Make({.frames_in_flight = 1});
  admission_->OfferLive(MakeFrame(1));
  TakeNumber();
  admission_->OfferLive(MakeFrame(2));
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(admission_->Submit(MakeFrame(3), NewSubmission()).ok());
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(admission_->Submit(MakeFrame(4), NewSubmission()).ok());
  for (const int seconds : {0, 10}) {
    clock_.Advance(absl::Seconds(seconds));
    admission_->ShowAges();
    EXPECT_DOUBLE_EQ(metrics_.queue_ages.live->value(), 2 + seconds);
    EXPECT_DOUBLE_EQ(metrics_.queue_ages.analyze->value(), 1 + seconds);
  }
  admission_->Abandon();
  admission_->ShowAges();
  EXPECT_DOUBLE_EQ(metrics_.queue_ages.live->value(), 0);
  EXPECT_DOUBLE_EQ(metrics_.queue_ages.analyze->value(), 0);
}

TEST_F(AdmissionTest, AFullSubmitQueueRefuses) {
  Make({.frames_in_flight = 1, .submit_queue = 2});
  EXPECT_TRUE(admission_->Submit(MakeFrame(1), NewSubmission()).ok());
  EXPECT_TRUE(admission_->Submit(MakeFrame(2), NewSubmission()).ok());
  const absl::Status refused = admission_->Submit(MakeFrame(3), NewSubmission());
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_EQ(metrics_.submissions_refused->value(), 1);
  EXPECT_EQ(metrics_.frames_received_analyze->value(), 2);
  EXPECT_EQ(TakeNumber(), 1);
  EXPECT_TRUE(admission_->Submit(MakeFrame(4), NewSubmission()).ok());
  EXPECT_TRUE(ends_.empty());
}

TEST_F(AdmissionTest, LiveFramesAndSubmissionsTakeTurnsOnASinglePlace) {
  Make({.frames_in_flight = 1, .submit_queue = 4});
  for (int i = 101; i <= 103; ++i)
    ASSERT_TRUE(admission_->Submit(MakeFrame(i), NewSubmission()).ok());
  std::vector<int64_t> order;
  for (int i = 1; i <= 6; ++i) {
    admission_->OfferLive(MakeFrame(i));
    const AdmittedFrame frame = *admission_->Take();
    order.push_back(frame.frame->metadata().number);
    admission_->Release(frame.origin);
  }
  // While submissions wait, every second turn is theirs; the live frame that waits is the newest.
  EXPECT_THAT(order, testing::ElementsAre(1, 101, 3, 102, 5, 103));
}

TEST_F(AdmissionTest, SubmissionsLeaveTheLastPlaceToLiveFrames) {
  Make({.frames_in_flight = 2, .submit_queue = 4, .live_source = true});
  ASSERT_TRUE(admission_->Submit(MakeFrame(101), NewSubmission()).ok());
  EXPECT_EQ(TakeNumber(), 101);
  admission_->OfferLive(MakeFrame(1));
  EXPECT_EQ(TakeNumber(), 1);
  ASSERT_TRUE(admission_->Submit(MakeFrame(102), NewSubmission()).ok());
  admission_->OfferLive(MakeFrame(2));
  admission_->Release(FrameOrigin::kSource);
  EXPECT_EQ(TakeNumber(), 2);  // not 102, though it is the submissions' turn
  admission_->Release(FrameOrigin::kAnalyze);
  EXPECT_EQ(TakeNumber(), 102);
}

TEST_F(AdmissionTest, WithoutALiveSourceSubmissionsMayUseAllPlaces) {
  Make({.frames_in_flight = 2, .submit_queue = 4, .live_source = false});
  ASSERT_TRUE(admission_->Submit(MakeFrame(101), NewSubmission()).ok());
  ASSERT_TRUE(admission_->Submit(MakeFrame(102), NewSubmission()).ok());
  EXPECT_EQ(TakeNumber(), 101);
  EXPECT_EQ(TakeNumber(), 102);
}

TEST_F(AdmissionTest, ACancelledSubmissionIsDroppedBeforeItsTurn) {
  Make({.frames_in_flight = 1, .submit_queue = 2, .live_source = false});
  const std::shared_ptr<Submission> gone = NewSubmission();
  ASSERT_TRUE(admission_->Submit(MakeFrame(101), gone).ok());
  ASSERT_TRUE(admission_->Submit(MakeFrame(102), NewSubmission()).ok());
  gone->Cancel();
  admission_->DropCancelled();
  // Its place in the queue is free at once.
  EXPECT_TRUE(admission_->Submit(MakeFrame(103), NewSubmission()).ok());
  EXPECT_THAT(ends_, testing::ElementsAre(absl::StatusCode::kCancelled));
  EXPECT_EQ(TakeNumber(), 102);
  EXPECT_EQ(metrics_.frames_dropped.cancelled->value(), 1);
}

TEST_F(AdmissionTest, AfterCloseWhatWaitsIsHandedOutAndNothingComesIn) {
  Make({.frames_in_flight = 4, .submit_queue = 2, .live_source = false});
  admission_->OfferLive(MakeFrame(1));
  ASSERT_TRUE(admission_->Submit(MakeFrame(101), NewSubmission()).ok());
  admission_->Close();
  admission_->OfferLive(MakeFrame(2));
  EXPECT_TRUE(absl::IsUnavailable(admission_->Submit(MakeFrame(102), NewSubmission())));
  EXPECT_EQ(metrics_.frames_dropped.shutdown->value(), 1);
  EXPECT_FALSE(admission_->WaitUntilEmpty(absl::InfinitePast()));
  EXPECT_EQ(TakeNumber(), 1);
  EXPECT_EQ(TakeNumber(), 101);
  EXPECT_FALSE(admission_->Take().has_value());
  EXPECT_FALSE(admission_->WaitUntilEmpty(absl::InfinitePast()));
  admission_->Release(FrameOrigin::kSource);
  admission_->Release(FrameOrigin::kAnalyze);
  EXPECT_TRUE(admission_->WaitUntilEmpty(absl::InfinitePast()));
}

TEST_F(AdmissionTest, AbandonDropsAndCountsWhatWaits) {
  Make({.frames_in_flight = 1, .submit_queue = 2});
  admission_->OfferLive(MakeFrame(1));
  ASSERT_TRUE(admission_->Submit(MakeFrame(101), NewSubmission()).ok());
  admission_->Abandon();
  EXPECT_THAT(ends_, testing::ElementsAre(absl::StatusCode::kUnavailable));
  EXPECT_EQ(metrics_.frames_dropped.shutdown->value(), 2);
  EXPECT_FALSE(admission_->Take().has_value());
}

TEST_F(AdmissionTest, ASourceThatCanWaitLosesNothing) {
  Make({.frames_in_flight = 1, .live_frames_wait = true});
  std::thread source([&] {
    for (int number = 1; number <= 100; ++number) admission_->OfferLive(MakeFrame(number));
    admission_->Close();
  });
  int64_t expected = 1;
  while (const auto frame = admission_->Take()) {
    EXPECT_EQ(frame->frame->metadata().number, expected++);
    admission_->Release(frame->origin);
  }
  source.join();
  EXPECT_EQ(expected, 101);
  EXPECT_EQ(metrics_.frames_dropped.overtaken->value(), 0);
}

TEST_F(AdmissionTest, TheTimeOfArrivalAndOfAdmissionAreKept) {
  Make({.frames_in_flight = 1});
  const absl::Time start = clock_.Now();
  admission_->OfferLive(MakeFrame(1));
  clock_.Advance(absl::Seconds(3));
  const AdmittedFrame frame = *admission_->Take();
  EXPECT_EQ(frame.arrival_time, start);
  EXPECT_EQ(frame.admission_time, start + absl::Seconds(3));
}

TEST_F(AdmissionTest, UnderLoadEveryFrameIsHandedOutOrCountedOnce) {
  Make({.frames_in_flight = 3, .submit_queue = 4});
  constexpr int kLive = 5000, kSubmitted = 500;
  std::atomic<int64_t> taken_live = 0, taken_submitted = 0, declared = 0, refused = 0;
  std::vector<std::thread> takers;
  for (int i = 0; i < 3; ++i) {
    takers.emplace_back([&] {
      while (const auto frame = admission_->Take()) {
        (frame->origin == FrameOrigin::kSource ? taken_live : taken_submitted) += 1;
        declared += frame->frames_dropped_before;
        admission_->Release(frame->origin);
      }
    });
  }
  std::thread source([&] {
    for (int i = 1; i <= kLive; ++i) admission_->OfferLive(MakeFrame(i));
  });
  std::thread client([&] {
    for (int i = 1; i <= kSubmitted; ++i) {
      auto submission =
          std::make_shared<Submission>(DetectorSet::All(), [](absl::StatusOr<FrameRecords>) {});
      if (!admission_->Submit(MakeFrame(i), submission).ok()) ++refused;
    }
  });
  source.join();
  client.join();
  admission_->Close();
  for (std::thread& taker : takers) taker.join();
  // The newest live frame is never dropped, so that every drop has been declared by a later frame.
  EXPECT_EQ(taken_live + declared, kLive);
  EXPECT_EQ(declared, metrics_.frames_dropped.overtaken->value());
  EXPECT_EQ(taken_submitted + refused, kSubmitted);
  EXPECT_TRUE(admission_->WaitUntilEmpty(absl::InfinitePast()));
}

}  // namespace
}  // namespace atomstream
