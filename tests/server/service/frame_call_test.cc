#include "server/service/frame_call.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/codec/frame_preview.h"

namespace atomstream {
namespace {

TEST(FramePreviewTest, ReducesUntilNoSideIsLonger) {
  EXPECT_EQ(ReductionOf(512, 512, 512), 1);
  EXPECT_EQ(ReductionOf(512, 512, 511), 2);
  EXPECT_EQ(ReductionOf(100, 4096, 1000), 5);
  EXPECT_EQ(ReductionOf(8, 8, 4096), 1);
}

TEST(FramePreviewTest, AveragesBlocksAndCutsThoseAtTheEdge) {
  // 3 rows of 5 columns: value = 10 * row + column.
  Image image(3, 5);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 5; ++x) image(y, x) = static_cast<float>(10 * y + x);
  }
  const Image means = BlockMeans(image, 2);
  ASSERT_EQ(means.rows, 2);
  ASSERT_EQ(means.cols, 3);
  EXPECT_FLOAT_EQ(means(0, 0), 5.5f);   // of 0, 1, 10, 11
  EXPECT_FLOAT_EQ(means(0, 2), 9.0f);   // of 4, 14
  EXPECT_FLOAT_EQ(means(1, 1), 22.5f);  // of 22, 23
  EXPECT_FLOAT_EQ(means(1, 2), 24.0f);
}

std::shared_ptr<const Frame> Ramp(const std::string& id, PixelType type) {
  FrameMetadata metadata;
  metadata.id = id;
  metadata.number = 5;
  metadata.pixel_size_nm = 0.02;
  metadata.ground_truth = std::vector<PointPx>{{1, 2}};
  std::string rows(64 * 32, '\0');
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<char>(i % 64);
  if (type == PixelType::kU16) {
    std::string wide;
    for (const char c : rows) wide += {c, '\1'};
    rows = wide;
  }
  return *Frame::Create(metadata, 64, 32, type, rows);
}

// The answer where this frame is the newest.
v1::GetFrameResponse Answer(const std::shared_ptr<const Frame>& frame, int max_side_px) {
  FrameCache cache(1 << 20);
  cache.Add(frame);
  v1::GetFrameRequest request;
  request.set_max_side_px(max_side_px);
  const auto response = GetFrameInMemory(request, FrameFinder({.cache = &cache}));
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? *response : v1::GetFrameResponse();
}

TEST(GetFrameTest, GivesTheFrameAsItCameButNotItsTruth) {
  const v1::GetFrameResponse response = Answer(Ramp("ramp", PixelType::kU16), 0);
  const v1::Frame& frame = response.frame();
  EXPECT_EQ(response.reduction(), 1);
  EXPECT_EQ(frame.frame_id(), "ramp");
  EXPECT_EQ(frame.frame_number(), 5);
  EXPECT_EQ(frame.width_px(), 64);
  EXPECT_EQ(frame.height_px(), 32);
  EXPECT_EQ(frame.pixel_type(), v1::PIXEL_TYPE_U16);
  EXPECT_EQ(frame.pixels().substr(0, 6), std::string("\0\1\1\1\2\1", 6));
  EXPECT_DOUBLE_EQ(frame.pixel_size_nm(), 0.02);
  EXPECT_FALSE(frame.has_ground_truth());
}

TEST(GetFrameTest, APreviewIsFloatsWithItsOwnPixelSize) {
  const v1::GetFrameResponse response = Answer(Ramp("ramp", PixelType::kU8), 16);
  const v1::Frame& frame = response.frame();
  EXPECT_EQ(response.reduction(), 4);
  EXPECT_EQ(frame.width_px(), 16);
  EXPECT_EQ(frame.height_px(), 8);
  EXPECT_EQ(frame.pixel_type(), v1::PIXEL_TYPE_F32);
  EXPECT_DOUBLE_EQ(frame.pixel_size_nm(), 0.08);
  EXPECT_NEAR(frame.field_of_view_nm(), 64 * 0.02, 1e-12);
  EXPECT_FALSE(frame.has_ground_truth());
  ASSERT_EQ(frame.pixels().size(), 16u * 8 * sizeof(float));
  float second = 0;
  std::memcpy(&second, frame.pixels().data() + sizeof(float), sizeof(float));
  EXPECT_FLOAT_EQ(second, 5.5f);  // columns 4 to 7
}

TEST(GetFrameTest, AFrameThatIsSmallEnoughIsNotReduced) {
  const v1::GetFrameResponse response = Answer(Ramp("ramp", PixelType::kU8), 64);
  EXPECT_EQ(response.reduction(), 1);
  EXPECT_EQ(response.frame().pixel_type(), v1::PIXEL_TYPE_F32);
  EXPECT_EQ(response.frame().width_px(), 64);
}

TEST(GetFrameTest, NamesABadSide) {
  FrameCache cache(1 << 20);
  const FrameFinder frames({.cache = &cache});
  for (const int side : {-1, 1, 15, 4097}) {
    v1::GetFrameRequest request;
    request.set_max_side_px(side);
    for (const absl::Status& status :
         {GetFrameInMemory(request, frames).status(), GetFrame(request, frames).status()}) {
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << side;
      EXPECT_NE(status.message().find(absl::StrCat("max_side_px = ", side, ":")), std::string::npos)
          << status;
    }
  }
}

TEST(GetFrameTest, TellsThatAFrameIsMissing) {
  FrameCache cache(1 << 20);
  const FrameFinder frames({.cache = &cache});
  v1::GetFrameRequest request;
  EXPECT_TRUE(absl::IsNotFound(GetFrameInMemory(request, frames).status()));
  cache.Add(Ramp("a", PixelType::kU8));
  EXPECT_TRUE(GetFrameInMemory(request, frames).ok());
  request.set_frame_id("b");
  EXPECT_TRUE(absl::IsNotFound(GetFrameInMemory(request, frames).status()));
  EXPECT_TRUE(absl::IsNotFound(GetFrame(request, frames).status()));
}

}  // namespace
}  // namespace atomstream
