#include "core/simulate/hole.h"

#include <cmath>
#include <numbers>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

TEST(HoleTest, CoversTheAreaAskedFor) {
  for (const uint64_t seed : {1, 2, 3}) {
    Random random(seed);
    Hole hole(4.0, 0.4, random);
    hole.MoveTo({1.5, -0.5});
    const double step = 0.01;
    double area = 0;
    for (double y = -3.5; y < 2.5; y += step) {
      for (double x = -1.5; x < 4.5; x += step) area += hole.Contains(x, y) * step * step;
    }
    // Counting squares along an outline of about 8 nm: under half a square's width of error.
    EXPECT_NEAR(area, 4.0, 8 * step / 2);
    EXPECT_EQ(hole.area_nm2(), 4.0);
  }
}

TEST(HoleTest, OutlineStaysBetweenItsRadiiAndIsIrregular) {
  Random random(5);
  const Hole hole(2.0, 0.35, random);
  double nearest = 1e9, farthest = 0;
  for (double angle = 0; angle < 2 * std::numbers::pi; angle += 0.01) {
    // The depth at a point on a ray is the outline's radius less the point's distance.
    const double r = 1e-3 + hole.DepthNm(1e-3 * std::cos(angle), 1e-3 * std::sin(angle));
    nearest = std::min(nearest, r);
    farthest = std::max(farthest, r);
  }
  EXPECT_GE(nearest, hole.min_radius_nm());
  EXPECT_LE(farthest, hole.max_radius_nm());
  EXPECT_GT(farthest / nearest, 1.1);
}

TEST(HoleTest, WithoutIrregularityIsADisk) {
  Random random(6);
  const Hole hole(std::numbers::pi, 0, random);
  EXPECT_NEAR(hole.DepthNm(0.3, 0.4), 0.5, 1e-12);
  EXPECT_NEAR(hole.DepthNm(0, -2), -1, 1e-12);
  EXPECT_NEAR(hole.DepthNm(0, 0), 1, 1e-12);
}

}  // namespace
}  // namespace atomstream
