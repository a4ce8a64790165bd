#include "client/figure/grey_frame.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace atomstream::figure {
namespace {

template <typename T>
v1::Frame FrameWith(v1::PixelType type, const std::vector<T>& values, int width) {
  v1::Frame frame;
  frame.set_width_px(width);
  frame.set_height_px(static_cast<int>(values.size()) / width);
  frame.set_pixel_type(type);
  frame.set_pixels(
      std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
  return frame;
}

TEST(DecodeFrameTest, ReadsEveryPixelType) {
  const std::vector<float> expected = {1, 2, 3, 100};
  EXPECT_EQ(DecodeFrame(FrameWith<uint8_t>(v1::PIXEL_TYPE_U8, {1, 2, 3, 100}, 2))->values,
            expected);
  EXPECT_EQ(DecodeFrame(FrameWith<uint16_t>(v1::PIXEL_TYPE_U16, {1, 2, 3, 100}, 2))->values,
            expected);
  EXPECT_EQ(DecodeFrame(FrameWith<int16_t>(v1::PIXEL_TYPE_I16, {1, 2, 3, 100}, 2))->values,
            expected);
  EXPECT_EQ(DecodeFrame(FrameWith<uint32_t>(v1::PIXEL_TYPE_U32, {1, 2, 3, 100}, 2))->values,
            expected);
  EXPECT_EQ(DecodeFrame(FrameWith<float>(v1::PIXEL_TYPE_F32, {1, 2, 3, 100}, 2))->values, expected);
  EXPECT_EQ(DecodeFrame(FrameWith<int16_t>(v1::PIXEL_TYPE_I16, {-5}, 1))->values[0], -5);
}

TEST(DecodeFrameTest, NamesWhatDoesNotFit) {
  v1::Frame frame = FrameWith<uint8_t>(v1::PIXEL_TYPE_U8, {1, 2, 3, 4}, 2);
  frame.set_width_px(3);
  EXPECT_NE(DecodeFrame(frame).status().message().find("pixels = 4"), std::string::npos);
  frame.set_width_px(0);
  EXPECT_NE(DecodeFrame(frame).status().message().find("width_px = 0"), std::string::npos);
  frame.set_width_px(2);
  frame.set_height_px(-1);
  EXPECT_NE(DecodeFrame(frame).status().message().find("height_px = -1"), std::string::npos);
}

TEST(ReduceTest, AveragesBlocksAndCutsThoseAtTheEdge) {
  const GreyFrame reduced = Reduce({5,
                                    3,
                                    {0, 1, 2, 3, 4,       //
                                     10, 11, 12, 13, 14,  //
                                     20, 21, 22, 23, 24}},
                                   3);
  EXPECT_EQ(reduced.width, 3);
  EXPECT_EQ(reduced.height, 2);
  EXPECT_EQ(reduced.values, (std::vector<float>{5.5, 7.5, 9, 20.5, 22.5, 24}));
  EXPECT_EQ(Reduce({2, 1, {7, 8}}, 2).values, (std::vector<float>{7, 8}));
}

TEST(GreyPictureTest, OneHotPixelDoesNotDarkenTheRest) {
  GreyFrame frame{100, 100, {}};
  for (int i = 0; i < 10'000; ++i) frame.values.push_back(static_cast<float>(i % 100));
  frame.values[5000] = 1e9f;
  const Picture picture = GreyPicture(frame);
  EXPECT_EQ(picture.pixels[5000], 0xffffffu);
  EXPECT_LT(picture.pixels[0] & 0xff, 5u);
  EXPECT_NEAR(picture.pixels[50] & 0xff, 128, 6);
}

TEST(GreyPictureTest, AConstantFrameIsGreyAndNumbersThatAreNoneBlack) {
  EXPECT_EQ(GreyPicture({2, 1, {3, 3}}).pixels, (std::vector<uint32_t>{0x7f7f7f, 0x7f7f7f}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(GreyPicture({2, 1, {nan, nan}}).pixels, (std::vector<uint32_t>{0, 0}));
}

}  // namespace
}  // namespace atomstream::figure
