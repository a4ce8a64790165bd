#include "server/codec/frame_codec.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

v1::Frame ValidFrame() {
  v1::Frame frame;
  frame.set_frame_id("f");
  frame.set_frame_number(12);
  frame.mutable_acquisition_time()->set_seconds(1700000000);
  frame.mutable_acquisition_time()->set_nanos(250000000);
  frame.set_detector("HAADF");
  frame.set_width_px(9);
  frame.set_height_px(8);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  std::string pixels(72, '\0');
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i);
  frame.set_pixels(pixels);
  frame.set_pixel_size_nm(0.02);
  frame.mutable_dwell_time()->set_nanos(2000);
  frame.set_material("graphene");
  return frame;
}

// The refusal of a valid frame after `change`.
template <typename Change>
std::string Refusal(Change change) {
  v1::Frame frame = ValidFrame();
  change(frame);
  const absl::Status status = FrameFromProto(frame, "fallback").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(FrameCodecTest, TakesPixelsAndMetadataOver) {
  v1::Frame proto = ValidFrame();
  proto.mutable_ground_truth()->add_x_px(1.5f);
  proto.mutable_ground_truth()->add_y_px(2.5f);
  const auto frame = FrameFromProto(proto, "fallback");
  ASSERT_TRUE(frame.ok()) << frame.status();
  const FrameMetadata& metadata = (*frame)->metadata();
  EXPECT_EQ(metadata.id, "f");
  EXPECT_EQ(metadata.number, 12);
  EXPECT_EQ(metadata.acquisition_time, absl::FromUnixMillis(1700000000250));
  EXPECT_EQ(metadata.detector, "HAADF");
  EXPECT_EQ(metadata.pixel_size_nm, 0.02);
  EXPECT_DOUBLE_EQ(metadata.dwell_time_s, 2e-6);
  EXPECT_EQ(metadata.material, "graphene");
  ASSERT_TRUE(metadata.ground_truth.has_value());
  EXPECT_EQ(metadata.ground_truth->at(0).y_px, 2.5);
  EXPECT_EQ((*frame)->image()(1, 2), 11);  // row 1, column 2 of 9
}

TEST(FrameCodecTest, GivesANameToAFrameWithoutOne) {
  v1::Frame proto = ValidFrame();
  proto.clear_frame_id();
  const auto frame = FrameFromProto(proto, "fallback");
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ((*frame)->metadata().id, "fallback");
}

TEST(FrameCodecTest, WorksThePixelSizeOutFromTheFieldOfView) {
  v1::Frame proto = ValidFrame();
  proto.set_field_of_view_nm(0.9);
  EXPECT_EQ((*FrameFromProto(proto, "x"))->metadata().pixel_size_nm, 0.02);  // stated: kept
  proto.clear_pixel_size_nm();
  EXPECT_DOUBLE_EQ((*FrameFromProto(proto, "x"))->metadata().pixel_size_nm, 0.1);
}

TEST(FrameCodecTest, RefusalsNameTheFieldAndTheValue) {
  EXPECT_THAT(Refusal([](auto& f) { f.set_width_px(0); }), HasSubstr("width_px = 0"));
  EXPECT_THAT(Refusal([](auto& f) { f.set_width_px(-5); }), HasSubstr("width_px = -5"));
  EXPECT_THAT(Refusal([](auto& f) { f.set_height_px(4097); }), HasSubstr("height_px = 4097"));
  EXPECT_THAT(Refusal([](auto& f) { f.clear_pixel_type(); }), HasSubstr("pixel_type = 0"));
  EXPECT_THAT(Refusal([](auto& f) { f.set_pixel_type(static_cast<v1::PixelType>(77)); }),
              HasSubstr("pixel_type = 77"));
  EXPECT_THAT(Refusal([](auto& f) { f.mutable_pixels()->pop_back(); }),
              HasSubstr("pixels = 71 bytes: "));
  EXPECT_THAT(Refusal([](auto& f) { f.set_pixel_size_nm(-0.1); }),
              HasSubstr("pixel_size_nm = -0.1"));
  EXPECT_THAT(Refusal([](auto& f) { f.set_pixel_size_nm(std::nan("")); }),
              HasSubstr("pixel_size_nm = nan"));
  EXPECT_THAT(Refusal([](auto& f) { f.set_field_of_view_nm(-1); }),
              HasSubstr("field_of_view_nm = -1"));
  EXPECT_THAT(Refusal([](auto& f) { f.mutable_dwell_time()->set_seconds(-1); }),
              HasSubstr("dwell_time = -1 s"));
  EXPECT_THAT(Refusal([](auto& f) { f.mutable_acquisition_time()->set_nanos(-1); }),
              HasSubstr("acquisition_time = "));
  EXPECT_THAT(Refusal([](auto& f) { f.mutable_acquisition_time()->set_seconds(1LL << 60); }),
              HasSubstr("acquisition_time = "));
  EXPECT_THAT(Refusal([](auto& f) { f.set_frame_id(std::string(129, 'x')); }),
              HasSubstr("frame_id = 129 bytes: "));
  EXPECT_THAT(Refusal([](auto& f) { f.mutable_ground_truth()->add_x_px(1); }),
              HasSubstr("ground_truth = 1 x_px, 0 y_px: "));
  EXPECT_THAT(Refusal([](auto& f) {
                f.mutable_ground_truth()->add_x_px(1);
                f.mutable_ground_truth()->add_y_px(std::numeric_limits<float>::infinity());
              }),
              HasSubstr("ground_truth = (1, inf) at entry 0: "));
}

TEST(FrameCodecTest, RefusesNanAndInfinityWithTheirPlace) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_THAT(Refusal([&](auto& f) {
                  f.set_pixel_type(v1::PIXEL_TYPE_F32);
                  std::string pixels(72 * 4, '\0');
                  std::memcpy(pixels.data() + 4 * (3 * 9 + 5), &bad, 4);
                  f.set_pixels(pixels);
                }),
                HasSubstr("at row 3, column 5: "));
  }
}

TEST(FrameCodecTest, GoesThereAndBackInEveryPixelType) {
  for (const auto& [type, bytes] : {std::pair(v1::PIXEL_TYPE_U8, 1),
                                    {v1::PIXEL_TYPE_U16, 2},
                                    {v1::PIXEL_TYPE_I16, 2},
                                    {v1::PIXEL_TYPE_U32, 4},
                                    {v1::PIXEL_TYPE_F32, 4}}) {
    v1::Frame proto = ValidFrame();
    proto.set_pixel_type(type);
    std::string pixels(72 * bytes, '\0');
    // Small values, exact in every type; as f32 they are tiny but finite numbers.
    for (size_t i = 0; i < pixels.size(); i += bytes) pixels[i] = static_cast<char>(i % 100);
    proto.set_pixels(pixels);
    proto.mutable_ground_truth()->add_x_px(1);
    proto.mutable_ground_truth()->add_y_px(2);
    const auto frame = FrameFromProto(proto, "x");
    ASSERT_TRUE(frame.ok()) << frame.status();
    const v1::Frame back = FrameToProto(**frame);
    EXPECT_EQ(back.pixels(), pixels);
    EXPECT_EQ(back.pixel_type(), type);
    EXPECT_EQ(back.acquisition_time().nanos(), 250000000);
    EXPECT_EQ(back.dwell_time().nanos(), 2000);
    EXPECT_EQ(back.ground_truth().y_px(0), 2);
    EXPECT_TRUE(FrameFromProto(back, "x").ok());
  }
}

TEST(FrameCodecTest, WhatWasDecodedIsEncodedToTheSameBytesForEver) {
  v1::Frame proto = ValidFrame();
  proto.mutable_ground_truth()->add_x_px(1.1f);
  proto.mutable_ground_truth()->add_y_px(2.3f);
  proto.set_pixel_size_nm(0.0123456789);
  for (int i = 0; i < 2000; ++i) {
    proto.mutable_dwell_time()->set_seconds(i % 3);
    proto.mutable_dwell_time()->set_nanos(i * 499979 % 1000000000);
    const auto frame = FrameFromProto(proto, "fallback");
    ASSERT_TRUE(frame.ok()) << frame.status();
    const v1::Frame first = FrameToProto(**frame);
    EXPECT_EQ(first.dwell_time().nanos(), proto.dwell_time().nanos());
    const auto again = FrameFromProto(first, "fallback");
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_EQ(FrameToProto(**again).SerializeAsString(), first.SerializeAsString());
  }
}

TEST(FrameCodecTest, KeepsTheLargestU32InRange) {
  v1::Frame proto = ValidFrame();
  proto.set_pixel_type(v1::PIXEL_TYPE_U32);
  proto.set_pixels(std::string(72 * 4, '\xff'));
  const auto frame = FrameFromProto(proto, "x");
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(FrameToProto(**frame).pixels(), proto.pixels());
}

}  // namespace
}  // namespace atomstream
