#include "detectors/unet/memory_ladder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A GPU with memory for batches up to a number of pixels, and a CPU with memory or without.
struct FakeMachine {
  int gpu_pixels = 0;
  bool cpu_has_memory = true;
  std::vector<std::string> attempts = {};

  absl::StatusOr<Segmentation> operator()(const SegmentAttempt& attempt) {
    attempts.push_back(absl::StrCat(attempt.on_gpu ? "gpu " : "cpu ", attempt.max_batch, " x ",
                                    attempt.max_tile_px));
    const int pixels = attempt.max_batch * attempt.max_tile_px * attempt.max_tile_px;
    if (attempt.on_gpu ? pixels > gpu_pixels : !cpu_has_memory) {
      return absl::ResourceExhaustedError("out of memory");
    }
    return Segmentation();
  }
};

TEST(MemoryLadderTest, TriesOnceWhereThereIsMemory) {
  FakeMachine machine{8 * 256 * 256};
  const auto result = SegmentWithinMemory({true, 256, 8}, std::ref(machine));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->flags, IsEmpty());
  EXPECT_THAT(machine.attempts, ElementsAre("gpu 8 x 256"));
}

TEST(MemoryLadderTest, HalvesTheTilesUntilTheyFit) {
  FakeMachine machine{128 * 128};
  const auto result = SegmentWithinMemory({true, 512, 8}, std::ref(machine));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->flags, ElementsAre("smaller_tiles"));
  EXPECT_THAT(machine.attempts, ElementsAre("gpu 8 x 512", "gpu 1 x 256", "gpu 1 x 128"));
}

TEST(MemoryLadderTest, EndsOnTheCpu) {
  FakeMachine machine{0};
  const auto result = SegmentWithinMemory({true, 256, 8}, std::ref(machine));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->flags, ElementsAre("fell_back_to_cpu"));
  EXPECT_THAT(machine.attempts, ElementsAre("gpu 8 x 256", "gpu 1 x 128", "cpu 1 x 256"));
}

TEST(MemoryLadderTest, SaysSoWhenTheCpuHasNoMemoryEither) {
  FakeMachine machine{0, false};
  EXPECT_TRUE(
      absl::IsResourceExhausted(SegmentWithinMemory({true, 128, 8}, std::ref(machine)).status()));
  EXPECT_THAT(machine.attempts, ElementsAre("gpu 8 x 128", "cpu 1 x 128"));
}

TEST(MemoryLadderTest, TheCpuAloneHasNoLadder) {
  FakeMachine machine{0, false};
  EXPECT_TRUE(
      absl::IsResourceExhausted(SegmentWithinMemory({false, 512, 1}, std::ref(machine)).status()));
  EXPECT_THAT(machine.attempts, ElementsAre("cpu 1 x 512"));
}

TEST(MemoryLadderTest, OtherErrorsAreNotRetried) {
  int runs = 0;
  const auto fail = [&](const SegmentAttempt&) -> absl::StatusOr<Segmentation> {
    ++runs;
    return absl::DataLossError("not finite");
  };
  EXPECT_TRUE(absl::IsDataLoss(SegmentWithinMemory({true, 512, 8}, fail).status()));
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace atomstream
