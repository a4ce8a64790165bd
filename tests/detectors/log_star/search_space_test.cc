#include "detectors/log_star/search_space.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

PeakCache MakeCache(int variants) {
  PeakCache cache;
  cache.sigmas_px = {2, 2.5, 3, 3.5, 4};
  for (int i = 0; i < variants; ++i) {
    PreprocessedPeaks peaks;
    peaks.preprocessing = i == 0 ? Preprocessing::kNone : Preprocessing::kLattice;
    peaks.min_threshold = 0.001;
    peaks.max_threshold = 0.1;
    cache.variants.push_back(peaks);
  }
  return cache;
}

TEST(SearchSpaceTest, CornersOfTheCubeDecodeToTheEndsOfTheRanges) {
  const PeakCache cache = MakeCache(2);
  const SearchSpace space(&cache, 10);
  EXPECT_EQ(space.dimension(), 5);
  const LogParams low = space.ToLogParams(space.Decode({0, 0, 0, 0, 0}));
  EXPECT_EQ(low.min_sigma_px, 2);
  EXPECT_EQ(low.max_sigma_px, 2);
  EXPECT_EQ(low.num_sigma, 1);
  EXPECT_NEAR(low.threshold, 0.001, 1e-12);
  EXPECT_NEAR(low.min_spacing_px, 4, 1e-12);
  EXPECT_EQ(low.preprocessing, Preprocessing::kNone);
  const LogParams high = space.ToLogParams(space.Decode({1, 1, 1, 1, 1}));
  EXPECT_EQ(high.min_sigma_px, 4);
  EXPECT_EQ(high.max_sigma_px, 4);
  EXPECT_NEAR(high.threshold, 0.1, 1e-12);
  EXPECT_NEAR(high.min_spacing_px, 6, 1e-12);
  EXPECT_EQ(high.preprocessing, Preprocessing::kLattice);
}

TEST(SearchSpaceTest, ThresholdCoordinateUndoesDecode) {
  const PeakCache cache = MakeCache(2);
  const SearchSpace space(&cache, 10);
  for (double coordinate : {0.0, 0.25, 0.9, 1.0}) {
    const Candidate candidate = space.Decode({0, 0, coordinate, 0, 1});
    EXPECT_NEAR(space.ThresholdCoordinate(1, candidate.threshold), coordinate, 1e-12);
  }
  EXPECT_EQ(space.ThresholdCoordinate(0, 1e-9), 0);
  EXPECT_EQ(space.ThresholdCoordinate(0, 3), 1);
}

TEST(SearchSpaceTest, ThresholdIsLogarithmic) {
  const PeakCache cache = MakeCache(1);
  const SearchSpace space(&cache, 10);
  EXPECT_NEAR(space.Decode({0, 0, 0.5, 0}).threshold, 0.01, 1e-12);
}

TEST(SearchSpaceTest, ScalesAreThoseOfTheCache) {
  const PeakCache cache = MakeCache(1);
  const SearchSpace space(&cache, 10);
  const LogParams params = space.ToLogParams(space.Decode({0.3, 0.9, 0.5, 0.5}));
  EXPECT_EQ(params.min_sigma_px, 2.5);
  EXPECT_EQ(params.max_sigma_px, 3.5);
  EXPECT_EQ(params.num_sigma, 3);
}

TEST(SearchSpaceTest, OneVariantNeedsNoCoordinate) {
  const PeakCache cache = MakeCache(1);
  const SearchSpace space(&cache, 10);
  EXPECT_EQ(space.dimension(), 4);
  for (const UnitPoint& point : space.StartPoints()) EXPECT_EQ(point.size(), 4u);
  EXPECT_EQ(space.Decode({0, 0, 0, 0}).variant, 0);
}

TEST(SearchSpaceTest, StartPointsCoverEveryVariant) {
  const PeakCache cache = MakeCache(2);
  const SearchSpace space(&cache, 10);
  const auto points = space.StartPoints();
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(space.Decode(points[0]).variant, 0);
  EXPECT_EQ(space.Decode(points[1]).variant, 0);
  EXPECT_EQ(space.Decode(points[2]).variant, 1);
  EXPECT_EQ(space.Decode(points[3]).variant, 1);
}

}  // namespace
}  // namespace atomstream
