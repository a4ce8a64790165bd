#include "server/targeting/beam_guard.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_beam.h"
#include "tests/fakes/fake_wait.h"

namespace atomstream {
namespace {

class BeamGuardTest : public testing::Test {
 protected:
  absl::Status Place() {
    return guard_.Place({0.5, 0.5}, absl::Milliseconds(10), absl::Seconds(1), {});
  }

  FakeBeam beam_;
  FakeWait wait_;
  SilentLog log_;
  MetricRegistry registry_;
  TargetingMetrics metrics_{registry_};
  BeamGuard guard_{&beam_, &wait_, &metrics_, &log_};
};

TEST_F(BeamGuardTest, IsSafeUntilTheBeamIsPlacedAndAfterItIsBlanked) {
  EXPECT_TRUE(guard_.safe());
  EXPECT_FALSE(guard_.placed());
  EXPECT_TRUE(Place().ok());
  EXPECT_FALSE(guard_.safe());  // only our own blanking counts
  EXPECT_TRUE(guard_.placed());
  EXPECT_TRUE(guard_.Blank().ok());
  EXPECT_TRUE(guard_.safe());
}

TEST_F(BeamGuardTest, StaysSafeWhenTheInstrumentRefuses) {
  beam_.Behave(FakeBeam::Manner::kRefuse);
  EXPECT_TRUE(absl::IsInvalidArgument(Place()));
  EXPECT_TRUE(guard_.safe());
  EXPECT_FALSE(guard_.placed());
}

TEST_F(BeamGuardTest, TurnsExceptionsIntoErrors) {
  beam_.Behave(FakeBeam::Manner::kThrow);
  EXPECT_TRUE(absl::IsInternal(Place()));
  EXPECT_FALSE(guard_.safe());
  beam_.ThrowAtNextBlank();
  EXPECT_TRUE(guard_.Blank().ok());  // the second attempt
  EXPECT_EQ(metrics_.beam_blank_failures->value(), 1);
}

TEST_F(BeamGuardTest, TriesAgainWithGrowingWaits) {
  EXPECT_TRUE(Place().ok());
  beam_.FailNextBlanks(3);
  EXPECT_TRUE(guard_.Blank().ok());
  const auto waits = wait_.waits();
  ASSERT_EQ(waits.size(), 3u);
  EXPECT_EQ(waits[0], kFirstBlankWait);
  EXPECT_EQ(waits[2], 4 * kFirstBlankWait);
  EXPECT_EQ(metrics_.beam_blank_failing->value(), 0);
}

TEST_F(BeamGuardTest, RaisesAnAlarmThatOnlyABlankedBeamEnds) {
  EXPECT_TRUE(Place().ok());
  beam_.FailNextBlanks(kBlankAttempts + 1);
  EXPECT_FALSE(guard_.Blank().ok());
  EXPECT_FALSE(guard_.safe());
  EXPECT_EQ(metrics_.beam_blank_failing->value(), 1);
  EXPECT_FALSE(guard_.Blank(1).ok());
  EXPECT_TRUE(guard_.Blank(1).ok());
  EXPECT_TRUE(guard_.safe());
  EXPECT_EQ(metrics_.beam_blank_failing->value(), 0);
  EXPECT_EQ(metrics_.beam_blank_failures->value(), kBlankAttempts + 1);
  EXPECT_EQ(guard_.NextWait(), kFirstBlankWait);  // begins anew
}

TEST_F(BeamGuardTest, BoundsItsWaits) {
  for (int i = 0; i < 20; ++i) EXPECT_LE(guard_.NextWait(), kLongestBlankWait);
  EXPECT_EQ(guard_.NextWait(), kLongestBlankWait);
}

}  // namespace
}  // namespace atomstream
