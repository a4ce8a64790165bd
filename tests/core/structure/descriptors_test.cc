#include "core/structure/descriptors.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Image Ramp(int side, float per_column, float per_row) {
  Image image(side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) image(y, x) = per_column * x + per_row * y;
  }
  return image;
}

TEST(DescriptorsTest, SamplesALinearImageExactlyAtSubPixelPlaces) {
  // Bilinear interpolation is exact on a plane; float32 rounds at about 1e-6 of the values.
  const DescriptorOptions options{.side_d_nn = 2, .grid = 5};
  const Descriptors d = *ExtractDescriptors(Ramp(64, 0.1f, 0.3f), {{30.3f, 27.8f}}, 7, options);
  ASSERT_EQ(d.size(), 1);
  const double step = 2 * 7 / 5.0;
  for (int j = 0; j < 5; ++j) {
    for (int i = 0; i < 5; ++i) {
      const double expected = 0.1 * (30.3 + (i - 2) * step) + 0.3 * (27.8 + (j - 2) * step);
      EXPECT_NEAR(d.patches(0, 5 * j + i), expected, 2e-5);
    }
  }
}

TEST(DescriptorsTest, SamplesALinearImageExactlyAfterAveragingToo) {
  const DescriptorOptions options{.side_d_nn = 2, .grid = 5};
  const Image image = Ramp(128, 0.1f, 0.3f);
  const Image before = image.clone();
  const Descriptors d = *ExtractDescriptors(image, {{64, 60}}, 25, options);
  EXPECT_EQ(cv::norm(image, before, cv::NORM_INF), 0);  // averaged elsewhere
  ASSERT_GT(2 * 25 / 5.0, kMaxPointStepPx);
  ASSERT_EQ(d.size(), 1);
  // An average over an even number of pixels lies half a pixel off its centre.
  EXPECT_NEAR(d.patches(0, 12), 0.1 * 64 + 0.3 * 60, 0.2 + 1e-4);
  EXPECT_NEAR(d.patches(0, 13) - d.patches(0, 12), 0.1 * 10, 1e-4);
}

TEST(DescriptorsTest, LooksTheSameAtAnyMagnification) {
  const auto spot = [](double scale) {
    Image image(96, 96);
    for (int y = 0; y < 96; ++y) {
      for (int x = 0; x < 96; ++x) {
        const double square = (x - 48) * (x - 48) + (y - 48) * (y - 48);
        image(y, x) = static_cast<float>(std::exp(-square / (2 * 0.09 * scale * scale)));
      }
    }
    return *ExtractDescriptors(image, {{48, 48}}, scale, DescriptorOptions());
  };
  // Bilinear interpolation flattens the narrower spot's peak by up to 6 %.
  EXPECT_LT((spot(7).patches - spot(14).patches).cwiseAbs().maxCoeff(), 0.07f);
}

TEST(DescriptorsTest, DropsAndCountsAtomsAtTheEdge) {
  const DescriptorOptions options{.side_d_nn = 2, .grid = 5};
  // Points reach 5.6 px from the atom.
  const std::vector<Atom> atoms = {{5.5f, 30}, {5.7f, 30}, {30, 57.3f}, {30, 57.5f}, {-20, 30}};
  const Descriptors d = *ExtractDescriptors(Ramp(64, 1, 1), atoms, 7, options);
  EXPECT_THAT(d.atoms, ElementsAre(1, 2));
  EXPECT_EQ(d.dropped_at_edge, 3);
  EXPECT_EQ(d.patches.rows(), 2);
}

TEST(DescriptorsTest, ReadsTheLastPixelsWithoutLeavingTheImage) {
  const DescriptorOptions options{.side_d_nn = 2, .grid = 3};
  // Points at 2 + {-2, 0, 2}: the outer ones lie exactly on the first and last pixel.
  const Descriptors d = *ExtractDescriptors(Ramp(5, 1, 100), {{2, 2}}, 3, options);
  ASSERT_EQ(d.size(), 1);
  EXPECT_FLOAT_EQ(d.patches(0, 0), 0);
  EXPECT_FLOAT_EQ(d.patches(0, 8), 4 + 400);
}

TEST(DescriptorsTest, WeighsTheAtomMost) {
  const Descriptors d = *ExtractDescriptors(Ramp(64, 1, 1), {{30, 30}}, 7, DescriptorOptions());
  EXPECT_FLOAT_EQ(d.weight[84], 1);
  EXPECT_LT(d.weight[0], 0.1f);
  EXPECT_GT(d.weight.minCoeff(), 0);
}

TEST(DescriptorsTest, NamesWhatIsWrong) {
  const Image image = Image::zeros(32, 32);
  const auto message = [&](double d_nn, DescriptorOptions options) {
    return std::string(ExtractDescriptors(image, {}, d_nn, options).status().message());
  };
  EXPECT_THAT(message(0, {}), HasSubstr("d_nn_px = 0"));
  EXPECT_THAT(message(7, {.side_d_nn = 11}), HasSubstr("side_d_nn = 11"));
  EXPECT_THAT(message(7, {.grid = 2}), HasSubstr("grid = 2"));
  EXPECT_THAT(message(7, {.taper_d_nn = 0}), HasSubstr("taper_d_nn = 0"));
  EXPECT_THAT(std::string(ExtractDescriptors(image, {{1, NAN}}, 7, {}).status().message()),
              HasSubstr("atoms[0] = (1, nan)"));
}

}  // namespace
}  // namespace atomstream
