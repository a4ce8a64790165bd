#include "core/blob/disk_mean.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

TEST(DiskMeanTest, AveragesTheDiskOfRadiusSigma) {
  Image image(9, 9, 100.0f);
  // The 13 pixels within 2 px of (4, 4) are 1, the four at exactly 2 px are 14.
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 9; ++x) {
      const int squared = (x - 4) * (x - 4) + (y - 4) * (y - 4);
      if (squared <= 4) image(y, x) = squared == 4 ? 14.0f : 1.0f;
    }
  }
  EXPECT_FLOAT_EQ(DiskMean(image, {4.3f, 3.8f, 2.2f, 0}), (9 * 1 + 4 * 14) / 13.0f);
}

TEST(DiskMeanTest, CountsWhatLiesInTheImageOnly) {
  Image image(4, 4, 2.0f);
  image(0, 0) = 5;
  // Radius at least a pixel: (0, 0) and its two neighbours.
  EXPECT_FLOAT_EQ(DiskMean(image, {0, 0, 0.2f, 0}), 3);
  EXPECT_EQ(DiskMean(image, {50, 50, 1, 0}), 0);
}

}  // namespace
}  // namespace atomstream
