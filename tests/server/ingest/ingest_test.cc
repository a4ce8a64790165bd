#include "server/ingest/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/ingest/frame_number_check.h"
#include "server/record/source_loss.h"
#include "tests/fakes/fake_frame_source.h"
#include "tests/fakes/fake_wait.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

using testing::ElementsAre;

TEST(FrameNumberCheckTest, RefusesDuplicateAndBackwardNumbers) {
  FrameNumberCheck check;
  EXPECT_TRUE(check.Check(5).ok());
  EXPECT_TRUE(check.Check(9).ok());  // a hole is the source's business
  for (const int64_t number : {9, 8, -1}) {
    const absl::Status status = check.Check(number);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()),
                testing::StartsWith(absl::StrCat("frame_number = ", number, ": ")));
  }
  EXPECT_TRUE(check.Check(10).ok());
}

TEST(FrameNumberCheckTest, ANewBeginningIsTakenAfterReset) {
  FrameNumberCheck check;
  EXPECT_TRUE(check.Check(1000).ok());
  check.Reset();
  EXPECT_TRUE(check.Check(1).ok());
  EXPECT_FALSE(check.Check(1).ok());
}

TEST(FrameNumberCheckTest, ASourceThatStartedToCountAnewIsRecognised) {
  FrameNumberCheck check;
  EXPECT_TRUE(check.Check(1000).ok());
  for (int i = 1; i <= FrameNumberCheck::kRestartRun; ++i) EXPECT_FALSE(check.Check(i).ok());
  EXPECT_TRUE(check.Check(FrameNumberCheck::kRestartRun + 1).ok());
  EXPECT_TRUE(check.Check(FrameNumberCheck::kRestartRun + 2).ok());
}

TEST(FrameNumberCheckTest, OneStuckNumberIsNeverTaken) {
  FrameNumberCheck check;
  EXPECT_TRUE(check.Check(3).ok());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(check.Check(3).ok());
}

TEST(RealWaitTest, AnInterruptEndsPresentAndFutureWaits) {
  RealWait wait;
  EXPECT_TRUE(wait.WaitFor(absl::ZeroDuration()));
  std::thread waiter([&] { EXPECT_FALSE(wait.WaitFor(absl::Hours(1))); });
  wait.Interrupt();
  waiter.join();
  EXPECT_FALSE(wait.WaitFor(absl::Hours(1)));
}

class IngestTest : public testing::Test {
 protected:
  IngestTest() {
    ingest_ = std::make_unique<Ingest>(
        BackoffOptions{},
        IngestDependencies{
            .source = &source_,
            .wait = &wait_,
            .random = [] { return 0.0; },
            .metrics = &metrics_,
            .log = &log_,
            .on_frame =
                [this](std::shared_ptr<const Frame> frame) {
                  numbers_.push_back(frame->metadata().number);
                },
            .on_status = [this](const SourceStatus& status) { states_.push_back(status.state); }});
  }

  // Lets the ingest take all that was given; afterwards its thread is gone.
  void Run() {
    ingest_->Start();
    source_.WaitUntilAsked();
    ingest_->Stop();
  }

  FakeFrameSource source_;
  FakeWait wait_;
  SilentLog log_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  // Written by the ingest thread, read after Stop.
  std::vector<int64_t> numbers_;
  std::vector<SourceState> states_;
  std::unique_ptr<Ingest> ingest_;
};

TEST_F(IngestTest, ABadFrameIsCountedAndTheNextGoodOneIsUnaffected) {
  source_.Give(MakeFrame(1));
  source_.Give(absl::InvalidArgumentError("width_px = 0: must be in [8, 4096]"));
  source_.Give(absl::InvalidArgumentError("something else"));
  source_.Give(MakeFrame(2));
  Run();
  EXPECT_THAT(numbers_, ElementsAre(1, 2));
  EXPECT_EQ(metrics_.FramesInvalid("size")->value(), 1);
  EXPECT_EQ(metrics_.FramesInvalid("other")->value(), 1);
  EXPECT_EQ(ingest_->status().state, SourceState::kStreaming);
}

TEST_F(IngestTest, ASourceThatDoesNotMeasureUnpackingShowsNone) {
  source_.Give(MakeFrame(1));
  Run();
  EXPECT_EQ(metrics_.decode_source->count(), 0u);  // not measured
}

// So that there are never more refused frames than unpacked ones.
TEST_F(IngestTest, UnpackingIsTimedForEachFrameAlsoForOneThatIsRefused) {
  source_.SetDecodeTime(absl::Milliseconds(7));
  source_.Give(MakeFrame(1));
  source_.Give(absl::InvalidArgumentError("width_px = 0: must be in [8, 4096]"));
  source_.Give(MakeFrame(2));
  source_.Give(MakeFrame(2));                    // the same number again
  source_.Give(absl::UnavailableError("lost"));  // no frame
  Run();
  EXPECT_EQ(metrics_.decode_source->count(), 4u);
  EXPECT_DOUBLE_EQ(metrics_.decode_source->snapshot().sum, 0.028);
}

TEST_F(IngestTest, DuplicateAndBackwardNumbersAreRefusedAndCounted) {
  for (const int64_t number : {1, 2, 2, 1, 3}) source_.Give(MakeFrame(number));
  Run();
  EXPECT_THAT(numbers_, ElementsAre(1, 2, 3));
  EXPECT_EQ(metrics_.FramesInvalid("frame_number")->value(), 2);
}

TEST_F(IngestTest, ALostSourceIsTriedAgainWithBackoffAndMayCountAnew) {
  source_.Give(MakeFrame(7));
  for (int i = 0; i < 4; ++i) source_.Give(absl::UnavailableError("gone"));
  source_.Give(MakeFrame(1));
  source_.Give(absl::InternalError("any other error counts as lost"));
  source_.Give(MakeFrame(1));
  Run();
  EXPECT_THAT(numbers_, ElementsAre(7, 1, 1));
  EXPECT_THAT(wait_.waits(),
              ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(400),
                          absl::Milliseconds(800), absl::Milliseconds(100)));
  EXPECT_EQ(metrics_.SourceReconnects("other")->value(), 5);
  EXPECT_EQ(ingest_->status().reconnects, 5);
  EXPECT_THAT(states_, ElementsAre(SourceState::kConnecting, SourceState::kStreaming,
                                   SourceState::kConnecting, SourceState::kStreaming,
                                   SourceState::kConnecting, SourceState::kStreaming));
  EXPECT_EQ(ingest_->status().last_error, "");
}

TEST_F(IngestTest, LossesAreCountedByReason) {
  source_.Give(SourceLost(LossReason::kUnreachable, "connection refused"));
  source_.Give(SourceLost(LossReason::kUnreachable, "connection refused"));
  source_.Give(SourceLost(LossReason::kBroken, "connection reset"));
  source_.Give(SourceLost(LossReason::kRefused, "certificate has expired"));
  Run();
  const auto count = [&](absl::string_view reason) {
    return metrics_.SourceReconnects(reason)->value();
  };
  EXPECT_EQ(count("unreachable"), 2);
  EXPECT_EQ(count("broken"), 1);
  EXPECT_EQ(count("refused"), 1);
  EXPECT_EQ(count("ended") + count("invalid") + count("other"), 0);
  // For people, without what is meant for programs.
  EXPECT_EQ(ingest_->status().last_error, "UNAVAILABLE: certificate has expired");
}

TEST_F(IngestTest, TheLastErrorIsVisibleWhileTheSourceIsLost) {
  source_.Give(absl::UnavailableError("connection refused"));
  Run();
  EXPECT_EQ(ingest_->status().state, SourceState::kConnecting);
  EXPECT_EQ(ingest_->status().last_error, "UNAVAILABLE: connection refused");
}

TEST_F(IngestTest, AReplayThatIsOverEndsTheThread) {
  source_.Give(MakeFrame(1));
  source_.Give(absl::OutOfRangeError("the end"));
  source_.Give(MakeFrame(2));  // never asked for
  ingest_->Start();
  while (ingest_->status().state != SourceState::kFinished) std::this_thread::yield();
  ingest_->Stop();
  EXPECT_THAT(numbers_, ElementsAre(1));
}

TEST_F(IngestTest, StoppingInterruptsTheBackoff) {
  RealWait wait;
  Ingest ingest({.initial = absl::Hours(1), .max = absl::Hours(1)},
                {.source = &source_,
                 .wait = &wait,
                 .random = [] { return 0.0; },
                 .metrics = &metrics_,
                 .log = &log_,
                 .on_frame = [](std::shared_ptr<const Frame>) {},
                 .on_status = [](const SourceStatus&) {}});
  source_.Give(absl::UnavailableError("gone"));
  ingest.Start();
  while (ingest.status().last_error.empty()) std::this_thread::yield();
  ingest.Stop();  // would take an hour
}

TEST_F(IngestTest, OnlyBadFramesArePacedAfterAWhile) {
  for (int i = 0; i < 20; ++i) source_.Give(absl::InvalidArgumentError("pixels: bad"));
  Run();
  EXPECT_EQ(metrics_.FramesInvalid("pixels")->value(), 20);
  // The first 16 are taken at full speed.
  EXPECT_THAT(wait_.waits(), testing::Each(absl::Milliseconds(100)));
  EXPECT_EQ(wait_.waits().size(), 4u);
}

TEST(IngestWithoutSourceTest, HasNoThreadAndSaysSo) {
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  SilentLog log;
  std::vector<SourceState> states;
  Ingest ingest({}, {.random = [] { return 0.0; },
                     .metrics = &metrics,
                     .log = &log,
                     .on_frame = [](std::shared_ptr<const Frame>) {},
                     .on_status = [&](const SourceStatus& s) { states.push_back(s.state); }});
  ingest.Start();
  ingest.Stop();
  EXPECT_THAT(states, ElementsAre(SourceState::kNone));
}

}  // namespace
}  // namespace atomstream
