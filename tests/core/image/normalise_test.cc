#include "core/image/normalise.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

// Values 0, 1, …, 99 in equal shares.
Image Ramp(int side) {
  Image image(side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) image(y, x) = static_cast<float>((y * side + x) % 100);
  }
  return image;
}

TEST(NormaliseTest, MapsTheBulkToZeroToOne) {
  const NormalisedImage result = Normalise(1000 * Ramp(64) + 5);
  EXPECT_FALSE(result.constant);
  double low = 0;
  double high = 0;
  cv::minMaxLoc(result.clipped, &low, &high);
  EXPECT_EQ(low, 0);
  EXPECT_EQ(high, 1);
  EXPECT_NEAR(cv::mean(result.clipped)[0], 0.5, 0.02);  // the ramp's quantiles are 1 % apart
}

TEST(NormaliseTest, OneHotPixelLeavesTheScaleAlone) {
  Image hot = Ramp(64);
  hot(10, 10) = 1e9f;
  const NormalisedImage with = Normalise(hot);
  const NormalisedImage without = Normalise(Ramp(64));
  EXPECT_EQ(with.high, without.high);
  EXPECT_EQ(with.clipped(10, 10), 1.0f);
  EXPECT_GT(with.unclipped(10, 10), 1e6f);
  EXPECT_EQ(with.clipped(40, 40), without.clipped(40, 40));
}

TEST(NormaliseTest, ConstantImageIsFlaggedAndZero) {
  const NormalisedImage result = Normalise(Image(16, 16, 42.0f));
  EXPECT_TRUE(result.constant);
  EXPECT_EQ(cv::countNonZero(result.clipped), 0);
  EXPECT_EQ(cv::countNonZero(result.unclipped), 0);
}

TEST(NormaliseTest, FewDifferentPixelsAreNotConstant) {
  Image image(64, 64, 1.0f);
  image(5, 5) = 2.0f;
  const NormalisedImage result = Normalise(image);
  EXPECT_FALSE(result.constant);
  EXPECT_EQ(result.clipped(5, 5), 1.0f);
  EXPECT_EQ(result.clipped(6, 6), 0.0f);
}

TEST(NormaliseTest, RangesThatFloat32CannotInvertStayFinite) {
  const NormalisedImage expected = Normalise(Ramp(64));
  for (double factor : {1e-43, 3e36}) {  // denormal numbers; a range of 3e38
    Image scaled;
    Ramp(64).convertTo(scaled, CV_32F, factor, factor > 1 ? -0.5 * 99 * factor : 0);
    const NormalisedImage result = Normalise(scaled);
    EXPECT_FALSE(result.constant);
    EXPECT_TRUE(cv::checkRange(result.unclipped)) << factor;
    // Denormal values are multiples of 1.4e-45.
    EXPECT_LT(cv::norm(result.clipped, expected.clipped, cv::NORM_INF), 0.02) << factor;
  }
  Image hot = 1e-3 * Ramp(64);
  hot(3, 3) = 3e38f;
  hot(4, 4) = -3e38f;
  EXPECT_TRUE(cv::checkRange(Normalise(hot).unclipped));
}

TEST(NormaliseTest, ReadsAPartOfALargerImage) {
  const Image whole = Ramp(64);
  const Image part = whole(cv::Rect(8, 8, 32, 32));
  const Image copy = part.clone();
  EXPECT_EQ(cv::norm(Normalise(part).clipped, Normalise(copy).clipped), 0);
}

}  // namespace
}  // namespace atomstream
