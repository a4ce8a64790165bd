#include "core/optimize/sobol.h"

#include <gtest/gtest.h>

#include <set>

namespace atomstream {
namespace {

TEST(SobolSequenceTest, EveryCoordinateHasOnePointInEachDyadicInterval) {
  for (const uint64_t seed : {0u, 1u, 99u}) {
    SobolSequence sequence(SobolSequence::kMaxSobolDimension, seed);
    constexpr int kPoints = 1024;
    std::vector<std::set<int>> cells(SobolSequence::kMaxSobolDimension);
    for (int i = 0; i < kPoints; ++i) {
      const UnitPoint point = sequence.Next();
      for (size_t d = 0; d < point.size(); ++d) {
        cells[d].insert(static_cast<int>(point[d] * kPoints));
      }
    }
    for (const std::set<int>& c : cells) EXPECT_EQ(c.size(), static_cast<size_t>(kPoints));
  }
}

TEST(SobolSequenceTest, FirstTwoCoordinatesFillEverySquareOfAGrid) {
  SobolSequence sequence(2, 5);
  std::set<int> cells;
  for (int i = 0; i < 256; ++i) {
    const UnitPoint p = sequence.Next();
    cells.insert(static_cast<int>(p[0] * 16) * 16 + static_cast<int>(p[1] * 16));
  }
  EXPECT_EQ(cells.size(), 256u);
}

TEST(SobolSequenceTest, NoTwoCoordinatesMoveTogether) {
  constexpr int kPoints = 1024;
  SobolSequence sequence(SobolSequence::kMaxSobolDimension, 3);
  std::vector<UnitPoint> points;
  for (int i = 0; i < kPoints; ++i) points.push_back(sequence.Next());
  for (int a = 0; a < SobolSequence::kMaxSobolDimension; ++a) {
    for (int b = a + 1; b < SobolSequence::kMaxSobolDimension; ++b) {
      double covariance = 0;
      for (const UnitPoint& p : points) covariance += (p[a] - 0.5) * (p[b] - 0.5) / kPoints;
      // Independent uniforms would have a standard deviation of (1/12) / sqrt(1024) = 0.0026;
      // equal coordinates a covariance of 1/12.
      EXPECT_NEAR(covariance, 0, 0.013) << a << " " << b;
    }
  }
}

TEST(SobolSequenceTest, SameSeedSamePointsOtherSeedOtherPoints) {
  SobolSequence a(4, 1), b(4, 1), c(4, 2);
  const UnitPoint first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
}

TEST(SobolSequenceTest, CoordinatesBeyondTheTableStayInTheUnitInterval) {
  SobolSequence sequence(SobolSequence::kMaxSobolDimension + 3, 1);
  for (int i = 0; i < 100; ++i) {
    const UnitPoint point = sequence.Next();
    ASSERT_EQ(point.size(), static_cast<size_t>(SobolSequence::kMaxSobolDimension + 3));
    for (const double x : point) {
      EXPECT_GE(x, 0);
      EXPECT_LT(x, 1);
    }
  }
}

}  // namespace
}  // namespace atomstream
