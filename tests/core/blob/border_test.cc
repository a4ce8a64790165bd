#include "core/blob/border.h"

#include <cmath>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

constexpr int kSize = 40;
constexpr double kSigma = 2.5;

Image AtomAt(double x0, double y0, double background = 0.2) {
  Image image(kSize, kSize);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const double r2 = (x - x0) * (x - x0) + (y - y0) * (y - y0);
      image(y, x) = static_cast<float>(background + std::exp(-0.5 * r2 / (kSigma * kSigma)));
    }
  }
  return image;
}

TEST(BorderCheckTest, TellsInsideFromOutsideOnEveryBorder) {
  constexpr int last = kSize - 1;
  for (double depth : {-3.0, -2.0, -1.2, 0.0, 0.4, 1.0}) {
    const bool outside = depth < -0.5;
    EXPECT_EQ(BorderCheck(kSigma).CentreLiesOutside(AtomAt(depth, 20), {0, 20, 2.5, 1}), outside)
        << "left " << depth;
    EXPECT_EQ(BorderCheck(kSigma).CentreLiesOutside(AtomAt(last - depth, 20), {last, 20, 2.5, 1}),
              outside)
        << "right " << depth;
    EXPECT_EQ(BorderCheck(kSigma).CentreLiesOutside(AtomAt(20, depth), {20, 0, 2.5, 1}), outside)
        << "top " << depth;
    EXPECT_EQ(BorderCheck(kSigma).CentreLiesOutside(AtomAt(20, last - depth), {20, last, 2.5, 1}),
              outside)
        << "bottom " << depth;
  }
}

TEST(BorderCheckTest, ScaleNeedNotBeExact) {
  for (double sigma : {2.0, 3.0, 4.0}) {
    EXPECT_TRUE(BorderCheck(sigma).CentreLiesOutside(AtomAt(-2, 20), {0, 20, 2.5, 1})) << sigma;
    EXPECT_FALSE(BorderCheck(sigma).CentreLiesOutside(AtomAt(0.5, 20), {0, 20, 2.5, 1})) << sigma;
  }
}

TEST(BorderCheckTest, CornerCountsOnBothSides) {
  EXPECT_TRUE(BorderCheck(kSigma).CentreLiesOutside(AtomAt(0.5, -2), {0, 0, 2.5, 1}));
  EXPECT_TRUE(BorderCheck(kSigma).CentreLiesOutside(AtomAt(-2, 0.5), {0, 0, 2.5, 1}));
  EXPECT_FALSE(BorderCheck(kSigma).CentreLiesOutside(AtomAt(0.5, 0.5), {0, 0, 2.5, 1}));
}

TEST(BorderCheckTest, BlobsAwayFromTheBorderAreInside) {
  EXPECT_FALSE(BorderCheck(kSigma).CentreLiesOutside(AtomAt(-3, 20), {1, 20, 2.5, 1}));
}

TEST(BorderCheckTest, FlatOrTinyImagesSayInside) {
  EXPECT_FALSE(BorderCheck(kSigma).CentreLiesOutside(Image(kSize, kSize, 0.5f), {0, 20, 2.5, 1}));
  EXPECT_FALSE(BorderCheck(50).CentreLiesOutside(Image(8, 8, 0.5f), {0, 4, 50, 1}));
}

}  // namespace
}  // namespace atomstream
