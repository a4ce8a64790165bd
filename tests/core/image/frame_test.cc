#include "core/image/frame.h"

#include <atomic>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/image/normalise.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

FrameMetadata Named() {
  FrameMetadata metadata;
  metadata.id = "frame-1";
  return metadata;
}

void ExpectRefused(const absl::StatusOr<std::shared_ptr<const Frame>>& frame,
                   const std::string& words) {
  ASSERT_FALSE(frame.ok());
  EXPECT_EQ(frame.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(frame.status().message()), HasSubstr(words));
}

template <typename T>
void ExpectConverts(PixelType type, T low, T high) {
  std::vector<T> values(64, low);
  values[9] = high;  // row 1, column 1
  const auto frame = Frame::Create(Named(), 8, 8, type, Bytes(values));
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_EQ((*frame)->image()(0, 0), static_cast<float>(low));
  EXPECT_EQ((*frame)->image()(1, 1), static_cast<float>(high));
  EXPECT_EQ((*frame)->pixel_type(), type);
}

TEST(FrameTest, ConvertsEveryPixelType) {
  ExpectConverts<uint8_t>(PixelType::kU8, 3, 255);
  ExpectConverts<uint16_t>(PixelType::kU16, 3, 65535);
  ExpectConverts<int16_t>(PixelType::kI16, -32768, 32767);
  ExpectConverts<uint32_t>(PixelType::kU32, 3, 1u << 31);
  ExpectConverts<float>(PixelType::kF32, -1.5f, 2.25f);
}

TEST(FrameTest, KeepsRowsAndColumnsApart) {
  std::vector<uint8_t> values(8 * 16);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i);
  const auto frame = Frame::Create(Named(), 16, 8, PixelType::kU8, Bytes(values));
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ((*frame)->width(), 16);
  EXPECT_EQ((*frame)->height(), 8);
  EXPECT_EQ((*frame)->image()(2, 5), 2 * 16 + 5);
}

TEST(FrameTest, AcceptsUnalignedBytes) {
  const std::string bytes = "x" + Bytes(std::vector<float>(64, 7.0f));
  const auto frame =
      Frame::Create(Named(), 8, 8, PixelType::kF32, absl::string_view(bytes).substr(1));
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ((*frame)->image()(7, 7), 7.0f);
}

TEST(FrameTest, RefusesSidesOutOfRange) {
  const std::string none;
  ExpectRefused(Frame::Create(Named(), 0, 8, PixelType::kU8, none), "width_px = 0");
  ExpectRefused(Frame::Create(Named(), 7, 8, PixelType::kU8, none), "width_px = 7");
  ExpectRefused(Frame::Create(Named(), 8, -1, PixelType::kU8, none), "height_px = -1");
  ExpectRefused(Frame::Create(Named(), 8, 4097, PixelType::kU8, none), "height_px = 4097");
}

TEST(FrameTest, RefusesWrongByteCount) {
  ExpectRefused(Frame::Create(Named(), 8, 8, PixelType::kU16, std::string(127, 'a')),
                "pixels = 127 bytes: 8 x 8 pixels of type u16 take 128 bytes");
  ExpectRefused(Frame::Create(Named(), 8, 8, PixelType::kU8, std::string(65, 'a')), "65 bytes");
  ExpectRefused(Frame::Create(Named(), 8, 8, PixelType::kU8, ""), "0 bytes");
}

TEST(FrameTest, RefusesPixelsThatAreNotFinite) {
  std::vector<float> values(64, 1.0f);
  values[8 * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
  ExpectRefused(Frame::Create(Named(), 8, 8, PixelType::kF32, Bytes(values)),
                "pixels = nan at row 3, column 2: ");
  values[8 * 3 + 2] = std::numeric_limits<float>::infinity();
  ExpectRefused(Frame::Create(Named(), 8, 8, PixelType::kF32, Bytes(values)), "pixels = inf");
}

TEST(FrameTest, RefusesBadMetadata) {
  const std::string bytes(64, 'a');
  FrameMetadata metadata = Named();
  metadata.pixel_size_nm = -0.02;
  ExpectRefused(Frame::Create(metadata, 8, 8, PixelType::kU8, bytes), "pixel_size_nm = -0.02");
  metadata = Named();
  metadata.pixel_size_nm = std::numeric_limits<double>::quiet_NaN();
  ExpectRefused(Frame::Create(metadata, 8, 8, PixelType::kU8, bytes), "pixel_size_nm = nan");
  metadata = Named();
  metadata.dwell_time_s = -1;
  ExpectRefused(Frame::Create(metadata, 8, 8, PixelType::kU8, bytes), "dwell_time_s = -1");
  ExpectRefused(Frame::Create(FrameMetadata(), 8, 8, PixelType::kU8, bytes), "frame_id");
}

TEST(FrameTest, IsNormalisedOnceForAllWhoHoldItAtTheSameTime) {
  std::vector<float> values(64);
  for (int i = 0; i < 64; ++i) values[i] = static_cast<float>(i * i);
  const auto frame = *Frame::Create(Named(), 8, 8, PixelType::kF32, Bytes(values));
  const auto first = frame->normalised();
  const auto second = frame->normalised();
  EXPECT_EQ(first, second);
  const NormalisedImage alone = Normalise(frame->image());
  EXPECT_EQ(cv::norm(first->clipped, alone.clipped, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(first->unclipped, alone.unclipped, cv::NORM_INF), 0);
  EXPECT_EQ(first->high, alone.high);
}

TEST(FrameTest, DoesNotKeepItsNormalisedImage) {
  const auto frame = *Frame::Create(Named(), 8, 8, PixelType::kU8, std::string(64, 'a'));
  std::weak_ptr<const NormalisedImage> normalised = frame->normalised();
  EXPECT_TRUE(normalised.expired());
  EXPECT_NE(frame->normalised(), nullptr);
}

TEST(FrameTest, ManyThreadsMayAskForTheNormalisedImage) {
  const auto frame = *Frame::Create(Named(), 64, 64, PixelType::kU8, std::string(4096, 'a'));
  ThreadPool pool(3);
  const auto held = frame->normalised();
  std::atomic<int> same = 0;
  pool.ParallelFor(16, [&](int) { same += frame->normalised() == held; });
  EXPECT_EQ(same, 16);
  pool.ParallelFor(16, [&](int) { same += frame->normalised()->constant; });
  EXPECT_EQ(same, 32);
}

}  // namespace
}  // namespace atomstream
