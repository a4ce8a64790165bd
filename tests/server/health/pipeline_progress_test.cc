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
  SteppingExecutor executor(&inline_executor, &progress);
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

}  // namespace
}  // namespace atomstream
