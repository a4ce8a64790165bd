#include "core/evaluate/point_index.h"

#include <cmath>
#include <random>
#include <set>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

std::set<int> Within(const PointIndex& grid, PointPx position, double radius) {
  std::set<int> found;
  grid.ForEachWithin(position, radius, [&](int index, double) { found.insert(index); });
  return found;
}

TEST(PointIndexTest, FindsWhatABruteForceSearchFinds) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> coordinate(-20, 120);
  std::vector<PointPx> points(500);
  for (PointPx& p : points) p = {coordinate(random), coordinate(random) / 3};
  const double radius = 6.5;
  const PointIndex grid(points, radius);
  for (int trial = 0; trial < 300; ++trial) {
    const PointPx at{coordinate(random), coordinate(random) / 3};
    std::set<int> expected;
    for (size_t i = 0; i < points.size(); ++i) {
      if (std::hypot(points[i].x_px - at.x_px, points[i].y_px - at.y_px) <= radius) {
        expected.insert(static_cast<int>(i));
      }
    }
    EXPECT_EQ(Within(grid, at, radius), expected);
  }
}

TEST(PointIndexTest, IncludesThePointAtTheRadius) {
  const PointIndex grid({{0, 0}, {3, 4}}, 5);
  EXPECT_EQ(Within(grid, {0, 0}, 5), (std::set<int>{0, 1}));
  EXPECT_EQ(Within(grid, {0, 0}, 4.999), (std::set<int>{0}));
}

TEST(PointIndexTest, EmptySetFindsNothing) {
  EXPECT_TRUE(Within(PointIndex({}, 1), {0, 0}, 1).empty());
}

TEST(PointIndexTest, SpreadPointsAndFarPositionsAreFine) {
  const PointIndex grid({{-1e12, 0}, {0, 0}, {1e12, 1e12}}, 1e-3);
  EXPECT_EQ(Within(grid, {0, 0}, 1e-3), (std::set<int>{1}));
  EXPECT_TRUE(Within(grid, {1e300, -1e300}, 1e-3).empty());
}

}  // namespace
}  // namespace atomstream
