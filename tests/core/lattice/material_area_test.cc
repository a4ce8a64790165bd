#include "core/lattice/material_area.h"

#include <cmath>

#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

constexpr int kSide = 128;

// Columns on a square lattice of 8 px left of `edge`; darker and flat beyond it.
Image HalfFrame(int edge) {
  Image image(kSide, kSide, 0.0f);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < edge; ++x) {
      image(y, x) = static_cast<float>(0.5 + 0.25 * std::cos(2 * M_PI * x / 8) +
                                       0.25 * std::cos(2 * M_PI * y / 8));
    }
  }
  return image;
}

Image Band(const Image& image) {
  Image band = image.clone();
  for (float& value : band) value = value > 0 ? value - 0.5f : 0.0f;
  return band;
}

TEST(MaterialMaskTest, TellsMaterialFromVacuum) {
  const Image image = HalfFrame(80);
  const Image mask = MaterialMask(image, Band(image), {1e-6, 30}, 8);
  EXPECT_GT(mask(64, 40), 0.99f);
  EXPECT_LT(mask(64, 110), 0.01f);
  // The edge is found to half a lattice period.
  EXPECT_NEAR(cv::sum(mask)[0] / kSide, 80, 4);
}

TEST(MaterialMaskTest, VacuumAsBrightAsTheMaterialIsKnownByItsMissingLattice) {
  Image image = HalfFrame(80);
  const Image band = Band(image);
  image(cv::Rect(80, 0, kSide - 80, kSide)) = 0.5f;
  const Image mask = MaterialMask(image, band, {1e-6, 30}, 8);
  EXPECT_GT(mask(64, 40), 0.99f);
  EXPECT_LT(mask(64, 110), 0.01f);
}

TEST(MaterialMaskTest, FullFrameIsAllMaterial) {
  const Image image = HalfFrame(kSide);
  const Image mask = MaterialMask(image, Band(image), {1e-6, 30}, 8);
  EXPECT_GT(cv::mean(mask)[0], 0.99);
}

TEST(MaterialMaskTest, BrightnessDecidesWhereNoiseHidesTheLattice) {
  const Image image = HalfFrame(80);
  Image noise(kSide, kSide);
  cv::RNG(3).fill(noise, cv::RNG::NORMAL, 0.0, 2.0);
  const Image mask = MaterialMask(image, Band(image) + noise, {4, 1000}, 8);
  EXPECT_GT(mask(64, 40), 0.99f);  // too much noise for the energy: it says nothing
}

TEST(MaterialMaskTest, BandWithoutEnergySaysNothing) {
  const Image image = HalfFrame(80);
  for (double noise : {0.0, 1.0}) {
    const Image mask = MaterialMask(image, Image(kSide, kSide, 0.0f), {noise, 30}, 8);
    EXPECT_EQ(cv::countNonZero(mask - 1), 0) << noise;
  }
}

TEST(MaterialMaskTest, AnySizeAndDistanceWork) {
  for (const cv::Size size : {cv::Size(8, 8), cv::Size(8, 300), cv::Size(301, 9)}) {
    Image image(size);
    cv::RNG(5).fill(image, cv::RNG::UNIFORM, 0.0, 1.0);
    const Image band = image - 0.5;
    for (double d_nn_px : {1.0, 7.0, 300.0}) {
      const Image mask = MaterialMask(image, band, {0.01, 30}, d_nn_px);
      EXPECT_EQ(mask.size(), size);
      EXPECT_TRUE(cv::checkRange(mask, true, nullptr, 0, 1.0001)) << d_nn_px;
    }
  }
}

}  // namespace
}  // namespace atomstream
