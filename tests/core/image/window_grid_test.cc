#include "core/image/window_grid.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

TEST(WindowGridTest, MatchesThePapersCounts) {
  // 256 px windows at floor(0.2 * 256) = 51 px: 6 x 6; 128 px at 25 px: 16 x 16.
  EXPECT_EQ(MakeWindowGrid(512, 512, 256, 0.2).size(), 36u);
  EXPECT_EQ(MakeWindowGrid(512, 512, 128, 0.2).size(), 256u);
}

TEST(WindowGridTest, WindowLargerThanTheFrameIsTheFrame) {
  const std::vector<Window> windows = MakeWindowGrid(100, 60, 256, 0.2);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].width_px, 100);
  EXPECT_EQ(windows[0].height_px, 60);
}

TEST(WindowGridTest, LastWindowReachesTheFarEdge) {
  // Steps of 100 leave out 50 of 350 px: half a window.
  const std::vector<Window> windows = MakeWindowGrid(350, 100, 100, 1.0);
  ASSERT_EQ(windows.size(), 4u);
  EXPECT_EQ(windows.back().x_px, 250);
}

TEST(WindowGridTest, AllWindowsLieInsideTheFrame) {
  for (int width : {32, 100, 333, 512}) {
    for (double stride : {0.01, 0.2, 0.7, 1.0}) {
      for (const Window& window : MakeWindowGrid(width, 200, 64, stride)) {
        EXPECT_GE(window.x_px, 0);
        EXPECT_LE(window.x_px + window.width_px, width);
        EXPECT_LE(window.y_px + window.height_px, 200);
      }
    }
  }
}

TEST(SpreadOrderTest, IsAPermutation) {
  for (int64_t turn : {0, 1, 17, -3}) {
    std::vector<int> order = SpreadOrder(36, turn);
    std::sort(order.begin(), order.end());
    for (int i = 0; i < 36; ++i) EXPECT_EQ(order[i], i);
  }
}

TEST(SpreadOrderTest, EveryWindowHasItsTurnWithinAFewFrames) {
  // Three windows a frame: after 36 frames each of the 36 was among the first three at least once.
  std::set<int> visited;
  for (int64_t turn = 0; turn < 36; ++turn) {
    const std::vector<int> order = SpreadOrder(36, turn);
    visited.insert(order.begin(), order.begin() + 3);
  }
  EXPECT_EQ(visited.size(), 36u);
}

TEST(SpreadOrderTest, FrameNumbersMayBeTimesInNanoseconds) {
  // The first of four windows lies in every quarter of the range, whatever the turn.
  for (int64_t turn : {int64_t{0}, int64_t{1763856000000000000}, int64_t{-9000000000000000000}}) {
    std::set<int> quarters;
    const std::vector<int> order = SpreadOrder(1000, turn);
    std::set<int> first;
    for (int64_t later = 0; later < 8; ++later) {
      first.insert(SpreadOrder(8, turn + later).front());
    }
    for (int i = 0; i < 8; ++i) quarters.insert(order[i] * 4 / 1000);
    EXPECT_EQ(quarters.size(), 4u) << turn;
    EXPECT_GE(first.size(), 6u) << turn;
  }
}

}  // namespace
}  // namespace atomstream
