#include "detectors/log_star/parameter_map.h"

#include <cmath>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

Candidate Of(int level, double threshold, double spacing) {
  return {0, level, level, threshold, spacing};
}

TEST(ParameterMapTest, OneNodeHoldsEverywhere) {
  const ParameterMap map({{{0, 0, 64, 64}, Of(2, 0.01, 5)}}, 512, 300);
  for (const auto& [x, y] : {std::pair{0, 0}, {511, 0}, {511, 299}, {32, 32}}) {
    EXPECT_EQ(map.At(x, y).first_level, 2);
    EXPECT_NEAR(map.At(x, y).threshold, 0.01, 1e-12);
    EXPECT_NEAR(map.At(x, y).min_spacing_px, 5, 1e-9);
  }
}

TEST(ParameterMapTest, GoesSmoothlyFromOneNodeToTheOther) {
  const ParameterMap map({{{0, 0, 128, 128}, Of(0, 0.001, 4)}, {{384, 0, 128, 128}, Of(4, 0.1, 6)}},
                         512, 128);
  EXPECT_NEAR(std::log10(map.At(64, 64).threshold), -3, 0.05);
  EXPECT_NEAR(std::log10(map.At(448, 64).threshold), -1, 0.05);
  double last = 0;
  for (int x = 0; x < 512; x += 16) {
    EXPECT_GE(map.At(x, 64).threshold, last);
    last = map.At(x, 64).threshold;
  }
  // Cells left and right of the middle mirror each other.
  EXPECT_NEAR(std::log10(map.At(255, 64).threshold) + std::log10(map.At(256, 64).threshold), -4,
              1e-6);
}

TEST(ParameterMapTest, DetectsWithThePlacesOwnThreshold) {
  PeakCache cache;
  cache.sigmas_px = {3};
  cache.variants.resize(1);
  for (int x : {64, 448}) {
    ScalePeak peak;
    peak.response = 0.02f;
    peak.x_px = static_cast<int16_t>(x);
    peak.y_px = 64;
    cache.variants[0].peaks.push_back(peak);
  }
  const ParameterMap map({{{0, 0, 128, 128}, Of(0, 0.01, 4)}, {{384, 0, 128, 128}, Of(0, 0.05, 4)}},
                         512, 128);
  const std::vector<Blob> blobs = map.Detect(cache, 512, 128);
  ASSERT_EQ(blobs.size(), 1u);
  EXPECT_EQ(blobs[0].x_px, 64);
}

}  // namespace
}  // namespace atomstream
