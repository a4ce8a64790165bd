#include "server/codec/frame_preview.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace atomstream {
namespace {

int Pixel(const v1::Preview& preview, int x, int y) {
  return static_cast<uint8_t>(preview.pixels()[y * preview.width_px() + x]);
}

TEST(ResultPreviewTest, IsStretchedFromTheDarkestToTheBrightest) {
  // Value = 1000 + 3 * x - 2 * y.
  Image image(20, 30);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) image(y, x) = 1000.0f + 3.0f * x - 2.0f * y;
  }
  const v1::Preview preview = ResultPreviewOf(image);
  EXPECT_EQ(preview.width_px(), 30);
  EXPECT_EQ(preview.height_px(), 20);
  EXPECT_EQ(preview.reduction(), 1);
  ASSERT_EQ(preview.pixels().size(), 600u);
  EXPECT_EQ(Pixel(preview, 0, 19), 0);     // 962
  EXPECT_EQ(Pixel(preview, 29, 0), 255);   // 1087
  EXPECT_EQ(Pixel(preview, 16, 10), 135);  // 1028: 66 / 125 * 255 = 134.6
}

TEST(ResultPreviewTest, HasNoSideLongerThan256AndWholeBlocks) {
  // 1000 x 300: blocks of 4 x 4; each block has a brightness of its own.
  Image image(300, 1000);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) image(y, x) = static_cast<float>(x / 4);
  }
  const v1::Preview preview = ResultPreviewOf(image);
  EXPECT_EQ(preview.reduction(), 4);
  EXPECT_EQ(preview.width_px(), 250);
  EXPECT_EQ(preview.height_px(), 75);
  EXPECT_EQ(Pixel(preview, 0, 74), 0);
  EXPECT_EQ(Pixel(preview, 249, 0), 255);
  EXPECT_EQ(Pixel(preview, 83, 30), 85);  // 83 / 249 * 255
}

TEST(ResultPreviewTest, AFrameThatIsTheSameEverywhereIsDark) {
  const v1::Preview preview = ResultPreviewOf(Image(16, 16, 7.0f));
  EXPECT_EQ(preview.pixels(), std::string(256, '\0'));
}

TEST(ResultPreviewTest, ExtremeValuesDoNotOverflow) {
  Image image(8, 8, 0.0f);
  image(0, 0) = -3e38f;
  image(0, 1) = 3e38f;
  const v1::Preview preview = ResultPreviewOf(image);
  EXPECT_EQ(Pixel(preview, 0, 0), 0);
  EXPECT_EQ(Pixel(preview, 1, 0), 255);
  EXPECT_EQ(Pixel(preview, 5, 5), 128);  // the middle
}

}  // namespace
}  // namespace atomstream
