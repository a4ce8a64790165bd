#include "detectors/unet/frame_scaling.h"

#include <cmath>
#include <initializer_list>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

Image Blob(int width, int height, double x0, double y0, double sigma) {
  Image image(height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double d2 = (x - x0) * (x - x0) + (y - y0) * (y - y0);
      image(y, x) = static_cast<float>(std::exp(-d2 / (2 * sigma * sigma)));
    }
  }
  return image;
}

PointPx CentreOfMass(const Image& image) {
  double sum = 0, x_sum = 0, y_sum = 0;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      sum += image(y, x);
      x_sum += image(y, x) * x;
      y_sum += image(y, x) * y;
    }
  }
  return {x_sum / sum, y_sum / sum};
}

TEST(FrameScalingTest, PositionsMapBackExactly) {
  for (const double scale : {0.21, 0.5, 0.83, 1.0, 1.37, 3.0}) {
    const Image scaled = RescaleForNetwork(Blob(120, 90, 70.3, 31.8, 6), scale);
    const PointPx place = ToFramePx(CentreOfMass(scaled), scale);
    // Bicubic reproduces straight lines, so a centre of mass moves by rounding errors only.
    EXPECT_NEAR(place.x_px, 70.3, 2e-3) << scale;
    EXPECT_NEAR(place.y_px, 31.8, 2e-3) << scale;
  }
}

TEST(FrameScalingTest, KeepsTheValuesOfWhatIsSmooth) {
  const double scale = 1.7;
  const Image scaled = RescaleForNetwork(Blob(60, 60, 30, 30, 8), scale);
  const Image expected =
      Blob(scaled.cols, scaled.rows, 30.5 * scale - 0.5, 30.5 * scale - 0.5, 8 * scale);
  EXPECT_LT(cv::norm(scaled, expected, cv::NORM_INF), 2e-3);
}

TEST(FrameScalingTest, CoversTheWholeFrame) {
  for (const double scale : {0.02, 0.3, 0.999, 1.001, 2.5}) {
    for (const int side : {1, 2, 9, 100}) {
      const Image scaled = RescaleForNetwork(Image(side, 2 * side, 0.5f), scale);
      EXPECT_GE(scaled.rows, 1);
      EXPECT_GE(scaled.rows + 1e-6, side * scale);
      EXPECT_GE(scaled.cols + 1e-6, 2 * side * scale);
      EXPECT_LT(scaled.rows, side * scale + 1);
      // A constant stays one, also at the mirrored border.
      EXPECT_LT(cv::norm(scaled, Image(scaled.rows, scaled.cols, 0.5f), cv::NORM_INF), 1e-5);
    }
  }
}

TEST(FrameScalingTest, ShrinkingDoesNotAlias) {
  // The finest pattern that pixels can hold is gone at half the size: without a wider kernel it
  // would come back as stripes of full contrast.
  Image stripes(64, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) stripes(y, x) = x % 2;
  }
  const Image scaled = RescaleForNetwork(stripes, 0.45);
  // Within, away from where the mirrored border puts two equal stripes side by side.
  const Image inside = scaled(cv::Rect(3, 3, scaled.cols - 6, scaled.rows - 6));
  EXPECT_LT(cv::norm(inside, Image(inside.rows, inside.cols, 0.5f), cv::NORM_INF), 0.05);
}

TEST(FrameScalingTest, ScaleOneChangesNothing) {
  const Image image = Blob(20, 30, 4, 5, 2);
  EXPECT_EQ(cv::norm(RescaleForNetwork(image, 1), image, cv::NORM_INF), 0);
}

TEST(FrameScalingTest, ChoosesTheScaleThatBringsNeighboursToTheNetworksDistance) {
  const NetworkScale scale = ChooseNetworkScale(512, 512, 14.2, 6);
  EXPECT_DOUBLE_EQ(scale.scale, 6 / 14.2);
  EXPECT_FALSE(scale.limited);
  EXPECT_EQ(ChooseNetworkScale(512, 512, 0, 6).scale, 1);
}

TEST(FrameScalingTest, BoundsWhatAnEnlargedFrameCosts) {
  const NetworkScale huge = ChooseNetworkScale(4096, 4096, 1, 6);
  EXPECT_TRUE(huge.limited);
  EXPECT_EQ(huge.scale, 1);
  const NetworkScale wide = ChooseNetworkScale(4096, 1024, 2, 6);
  EXPECT_TRUE(wide.limited);
  EXPECT_DOUBLE_EQ(wide.scale, 2);
  EXPECT_FALSE(ChooseNetworkScale(1024, 1024, 2, 6).limited);
}

}  // namespace
}  // namespace atomstream
