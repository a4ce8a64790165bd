#include "core/blob/log_blobs.h"

#include <cmath>
#include <limits>

#include "core/blob/refine.h"
#include "core/blob/scale_space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

Image GaussianAt(double x0, double y0, double sigma) {
  Image image(48, 48);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) {
      image(y, x) = static_cast<float>(
          std::exp(-0.5 * ((x - x0) * (x - x0) + (y - y0) * (y - y0)) / (sigma * sigma)));
    }
  }
  return image;
}

TEST(DetectLogBlobsTest, FindsAGaussianAtItsPlaceAndScale) {
  LogParams params;
  params.min_sigma_px = 1;
  params.max_sigma_px = 5;
  params.num_sigma = 9;
  params.threshold = 0.1;
  const auto blobs = DetectLogBlobs(GaussianAt(20, 25, 3), params);
  ASSERT_TRUE(blobs.ok()) << blobs.status();
  ASSERT_EQ(blobs->size(), 1u);
  EXPECT_EQ((*blobs)[0].x_px, 20);
  EXPECT_EQ((*blobs)[0].y_px, 25);
  EXPECT_EQ((*blobs)[0].sigma_px, 3);
}

TEST(DetectLogBlobsTest, ConstantImageHasNoBlobs) {
  LogParams params;
  // At 4 sigma the kernel is cut off: of a constant it leaves some 0.002 of it, as in scikit-image.
  params.threshold = 0.01;
  const auto blobs = DetectLogBlobs(Image(64, 64, 0.7f), params);
  ASSERT_TRUE(blobs.ok());
  EXPECT_TRUE(blobs->empty());
}

TEST(DetectLogBlobsTest, RefusesBadParametersByName) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto with = [](auto change) {
    LogParams params;
    change(params);
    return std::string(DetectLogBlobs(Image(16, 16, 0.0f), params).status().message());
  };
  EXPECT_THAT(with([](LogParams& p) { p.min_sigma_px = 0; }), HasSubstr("min_sigma_px = 0"));
  EXPECT_THAT(with([&](LogParams& p) { p.min_sigma_px = nan; }), HasSubstr("min_sigma_px = nan"));
  EXPECT_THAT(with([](LogParams& p) { p.max_sigma_px = 0.5; }), HasSubstr("max_sigma_px = 0.5"));
  EXPECT_THAT(with([](LogParams& p) { p.max_sigma_px = 1e9; }), HasSubstr("max_sigma_px"));
  EXPECT_THAT(with([](LogParams& p) { p.num_sigma = 0; }), HasSubstr("num_sigma = 0"));
  EXPECT_THAT(with([](LogParams& p) { p.threshold = -1; }), HasSubstr("threshold = -1"));
  EXPECT_THAT(with([](LogParams& p) { p.overlap = 1.5; }), HasSubstr("overlap = 1.5"));
  EXPECT_THAT(with([](LogParams& p) { p.min_spacing_px = -2; }), HasSubstr("min_spacing_px = -2"));
}

TEST(DetectLogBlobsTest, WorstCornerIsRefusedInsteadOfPruned) {
  // sigma 1, threshold 0.001 on noise: thousands of peaks, the corner where scikit-image's pruning
  // takes seconds and gigabytes.
  Image noise(512, 512);
  cv::RNG(5).fill(noise, cv::RNG::UNIFORM, 0.0, 1.0);
  LogParams params;
  params.min_sigma_px = 1;
  params.max_sigma_px = 50;
  params.threshold = 0.001;
  LogBlobOptions options;
  options.max_peaks = 5000;
  const auto blobs = DetectLogBlobs(noise, params, options);
  ASSERT_FALSE(blobs.ok());
  EXPECT_EQ(blobs.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(blobs.status().message()), HasSubstr("exceed the bound of 5000"));

  options.max_peaks = 200000;
  const auto all = DetectLogBlobs(noise, params, options);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_GT(all->size(), 100u);
}

TEST(DetectLogBlobsTest, ImagesThatCannotBeHeldAreRefused) {
  LogParams params;
  EXPECT_EQ(DetectLogBlobs(Image(), params).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetectLogBlobs(Image(1, 4097, 0.0f), params).status().code(),
            absl::StatusCode::kInvalidArgument);
  params.num_sigma = 256;  // 256 levels of 16 MiB
  EXPECT_EQ(DetectLogBlobs(Image(4096, 1025, 0.0f), params).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(RefineBlobTest, FindsTheCentreOfAGaussian) {
  for (double dx : {-0.4, -0.1, 0.0, 0.3}) {
    for (double dy : {-0.25, 0.45}) {
      const Image image = GaussianAt(20 + dx, 25 + dy, 3);
      const Blob refined = RefineBlob(LogResponse(image, 3), {20, 25, 3, 1});
      // A parabola through a sampled, nearly Gaussian top of this width errs by up to 0.01 px.
      EXPECT_NEAR(refined.x_px, 20 + dx, 0.015);
      EXPECT_NEAR(refined.y_px, 25 + dy, 0.015);
    }
  }
}

TEST(RefineBlobTest, BorderBlobMovesAlongTheBorderOnly) {
  const Image image = GaussianAt(0, 25.3, 3);
  const Blob refined = RefineBlob(LogResponse(image, 3), {0, 25, 3, 1});
  EXPECT_EQ(refined.x_px, 0);
  EXPECT_NEAR(refined.y_px, 25.3, 0.05);  // the reflected border bends the surface a little
}

TEST(RefineBlobTest, PlateauStays) {
  const Blob refined = RefineBlob(Image(16, 16, 1.0f), {7, 8, 3, 1});
  EXPECT_EQ(refined.x_px, 7);
  EXPECT_EQ(refined.y_px, 8);
}

}  // namespace
}  // namespace atomstream
