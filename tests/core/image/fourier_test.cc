#include "core/image/fourier.h"

#include <cmath>
#include <complex>
#include <numbers>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

Image Noise(int rows, int columns) {
  Image image(rows, columns);
  cv::RNG random(rows * 10007 + columns);
  random.fill(image, cv::RNG::UNIFORM, -1, 1);
  return image;
}

// Rounding of float in about log2(rows * columns) steps, each number being a sum of as many terms
// of size up to 1; ten times the root of their number times epsilon is ample.
double Tolerance(const Image& image) {
  return 10 * std::sqrt(static_cast<double>(image.total())) * 1.2e-7 * 8;
}

// Even and odd sides, each radix alone and together, more and fewer rows than lanes.
const std::vector<std::pair<int, int>> kSizes = {{1, 1},   {2, 8},       {3, 9},   {5, 25},
                                                 {16, 32}, {33 - 1, 27}, {30, 45}, {60, 64},
                                                 {75, 40}, {100, 96}};

TEST(FourierTest, IsTheSumOfWaves) {
  for (const auto& [rows, columns] : kSizes) {
    const Image image = Noise(rows, columns);
    const HalfSpectrum spectrum = TransformForward(image);
    ASSERT_EQ(spectrum.rows(), rows);
    ASSERT_EQ(spectrum.columns(), columns / 2 + 1);
    ASSERT_EQ(spectrum.image_columns, columns);
    const auto turn = [](int i, int n) {
      return std::polar(1.0, -2 * std::numbers::pi * (i % n) / n);
    };
    for (int v = 0; v < rows; v += 1 + rows / 7) {
      for (int u = 0; u <= columns / 2; ++u) {
        std::complex<double> sum = 0;
        for (int y = 0; y < rows; ++y) {
          for (int x = 0; x < columns; ++x) {
            sum += turn(v * y, rows) * turn(u * x, columns) * double{image(y, x)};
          }
        }
        ASSERT_NEAR(spectrum.real(v, u), sum.real(), Tolerance(image))
            << rows << " x " << columns << " at " << v << ", " << u;
        ASSERT_NEAR(spectrum.imaginary(v, u), sum.imag(), Tolerance(image))
            << rows << " x " << columns << " at " << v << ", " << u;
      }
    }
  }
}

TEST(FourierTest, GoesThereAndBack) {
  for (const auto& [rows, columns] : kSizes) {
    const Image image = Noise(rows, columns);
    const Image back = TransformBack(TransformForward(image));
    ASSERT_EQ(back.size(), image.size());
    EXPECT_LT(cv::norm(back, image, cv::NORM_INF), 2e-6) << rows << " x " << columns;
  }
}

TEST(FourierTest, AgreesWithOpenCvOnLargeImages) {
  const Image image = Noise(360, 540);
  cv::Mat_<cv::Vec2f> expected;
  cv::dft(image, expected, cv::DFT_COMPLEX_OUTPUT);
  const HalfSpectrum spectrum = TransformForward(image);
  double worst = 0;
  for (int v = 0; v < spectrum.rows(); ++v) {
    for (int u = 0; u < spectrum.columns(); ++u) {
      worst = std::max<double>({worst, std::abs(spectrum.real(v, u) - expected(v, u)[0]),
                                std::abs(spectrum.imaginary(v, u) - expected(v, u)[1])});
    }
  }
  EXPECT_LT(worst, Tolerance(image));
}

TEST(FourierTest, TakesImagesThatArePartsOfOthers) {
  const Image whole = Noise(40, 50);
  const Image part = whole(cv::Rect(3, 5, 24, 30));
  const HalfSpectrum a = TransformForward(part), b = TransformForward(part.clone());
  EXPECT_EQ(cv::norm(a.real, b.real, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(a.imaginary, b.imaginary, cv::NORM_INF), 0);
}

TEST(FourierTest, ACloneIsItsOwn) {
  const HalfSpectrum spectrum = TransformForward(Noise(8, 8));
  HalfSpectrum clone = spectrum.Clone();
  clone.real(1, 1) += 1;
  clone.imaginary(1, 1) += 1;
  EXPECT_NE(clone.real(1, 1), spectrum.real(1, 1));
  EXPECT_NE(clone.imaginary(1, 1), spectrum.imaginary(1, 1));
}

TEST(FourierTest, SidesAreProductsOfTwoThreeAndFive) {
  for (int side = 1; side < 3000; ++side) {
    int rest = FourierSide(side);
    ASSERT_GE(rest, side);
    for (const int factor : {2, 3, 5}) {
      while (rest % factor == 0) rest /= factor;
    }
    ASSERT_EQ(rest, 1) << side;
  }
}

}  // namespace
}  // namespace atomstream
