#include "server/health/pipeline_progress.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/executor.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

TEST(PipelineProgressTest, NothingStallsWithoutWork) {
  FakeClock clock;
  PipelineProgress progress(&clock);
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
  progress.SetWork(1);
  progress.SetWork(0);
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
}

TEST(PipelineProgressTest, CountsFromTheFirstPieceOfWorkNotFromTheLastStep) {
  FakeClock clock;
  PipelineProgress progress(&clock);
  progress.Step();
  clock.Advance(absl::Hours(1));
  progress.SetWork(1);
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
  clock.Advance(absl::Seconds(3));
  EXPECT_EQ(progress.Stalled(), absl::Seconds(3));
}

TEST(PipelineProgressTest, FramesThatComeInAreNoProgress) {
  FakeClock clock;
  PipelineProgress progress(&clock);
  for (int i = 1; i <= 20; ++i) {
    progress.SetWork(1 + i % 3);
    clock.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(progress.Stalled(), absl::Seconds(20));
  progress.Step();
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
}

TEST(PipelineProgressTest, EachTaskOfTheExecutorIsAStep) {
  FakeClock clock;
  PipelineProgress progress(&clock);
  InlineExecutor inline_executor;
  PipelineProgress::Piece piece(&progress);
  SteppingExecutor executor(&inline_executor, &piece);
  progress.SetWork(1);
  absl::Duration longest;
  executor.ParallelFor(5, [&](int) {
    clock.Advance(absl::Seconds(4));
    longest = std::max(longest, progress.Stalled());
  });
  EXPECT_EQ(longest, absl::Seconds(4));
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
  EXPECT_EQ(executor.concurrency(), 1);
}

TEST(PipelineProgressTest, ThePieceThatHasWaitedLongestForAStepCounts) {
  FakeClock clock;
  PipelineProgress progress(&clock);
  progress.SetWork(2);
  PipelineProgress::Piece wedged(&progress);
  for (int i = 1; i <= 20; ++i) {
    PipelineProgress::Piece other(&progress);
    clock.Advance(absl::Seconds(1));
    other.Step();
    EXPECT_EQ(progress.Stalled(), absl::Seconds(i));
  }
  wedged.Step();
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
}

TEST(PipelineProgressTest, WorkAsideIsNoStepOfTheWholeAndCanStall) {
  FakeClock clock;
  PipelineProgress progress(&clock);
  progress.SetWork(1);
  clock.Advance(absl::Seconds(5));
  {
    PipelineProgress::Piece aside(&progress, /*aside=*/true);
    aside.Step();
    EXPECT_EQ(progress.Stalled(), absl::Seconds(5));
  }
  EXPECT_EQ(progress.Stalled(), absl::Seconds(5));
  progress.SetWork(0);
  EXPECT_EQ(progress.Stalled(), absl::ZeroDuration());
  PipelineProgress::Piece aside(&progress, /*aside=*/true);
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(progress.Stalled(), absl::Seconds(5));
}

}  // namespace
}  // namespace atomstream
