#include "core/blob/scale_space.h"

#include <cmath>

#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

Image Noise(int rows, int cols) {
  Image image(rows, cols);
  cv::RNG rng(7);
  rng.fill(image, cv::RNG::UNIFORM, 0.0, 1.0);
  return image;
}

int Reflected(int i, int size) {
  while (i < 0 || i >= size) i = i < 0 ? -1 - i : 2 * size - 1 - i;
  return i;
}

// The definition, in double precision and two dimensions at once.
double NaiveResponse(const Image& image, double sigma, int x0, int y0) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> g(2 * radius + 1);
  double norm = 0;
  for (int i = -radius; i <= radius; ++i)
    norm += g[i + radius] = std::exp(-0.5 * i * i / (sigma * sigma));
  double sum = 0;
  for (int dy = -radius; dy <= radius; ++dy) {
    for (int dx = -radius; dx <= radius; ++dx) {
      const double gx = g[dx + radius] / norm;
      const double gy = g[dy + radius] / norm;
      const double s2 = sigma * sigma;
      const double laplacian = (dx * dx / s2 - 1) / s2 + (dy * dy / s2 - 1) / s2;
      sum += gx * gy * laplacian *
             image(Reflected(y0 + dy, image.rows), Reflected(x0 + dx, image.cols));
    }
  }
  return -sigma * sigma * sum;
}

TEST(LogResponseTest, AgreesWithTheDefinitionEverywhere) {
  // 37 columns: not a multiple of any vector width. sigma 6 reaches beyond the image on both sides.
  const Image image = Noise(23, 37);
  for (double sigma : {0.5, 1.0, 2.3, 6.0}) {
    const Image response = LogResponse(image, sigma);
    for (int y = 0; y < image.rows; ++y) {
      for (int x = 0; x < image.cols; ++x) {
        // float32: about 2e-7 a term, some 50 terms, partly cancelling.
        ASSERT_NEAR(response(y, x), NaiveResponse(image, sigma, x, y), 2e-6)
            << "sigma " << sigma << " at " << x << ", " << y;
      }
    }
  }
}

TEST(LogResponseTest, IsLargestAtTheScaleOfTheBlob) {
  Image blob(65, 65);
  for (int y = 0; y < 65; ++y) {
    for (int x = 0; x < 65; ++x) {
      blob(y, x) = std::exp(-0.5 * ((x - 32) * (x - 32) + (y - 32) * (y - 32)) / 9.0);
    }
  }
  const float at = LogResponse(blob, 3.0)(32, 32);
  EXPECT_GT(at, LogResponse(blob, 2.5)(32, 32));
  EXPECT_GT(at, LogResponse(blob, 3.5)(32, 32));
  // s^2 2 b^2 / (s^2 + b^2)^2 with s = b: one half; the truncated, sampled kernel loses < 1 %.
  EXPECT_NEAR(at, 0.5, 0.005);
}

TEST(SigmaLevelsTest, IncludeBothEnds) {
  EXPECT_EQ(SigmaLevels(1, 3, 3, false), (std::vector<double>{1, 2, 3}));
  const std::vector<double> log = SigmaLevels(1, 16, 3, true);
  EXPECT_NEAR(log[1], 4, 1e-12);
  EXPECT_NEAR(log[2], 16, 1e-12);
  EXPECT_EQ(SigmaLevels(2.5, 9, 1, false), std::vector<double>{2.5});
}

}  // namespace
}  // namespace atomstream
