#include "client/cli/frame_request.h"

#include <cstdint>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace atomstream {
namespace {

constexpr size_t kMaxNameBytes = 96;  // of a frame id's 128

v1::PixelType ProtoPixelType(RawImage::PixelType type) {
  switch (type) {
    case RawImage::PixelType::kU8:
      return v1::PIXEL_TYPE_U8;
    case RawImage::PixelType::kU16:
      return v1::PIXEL_TYPE_U16;
    case RawImage::PixelType::kI16:
      return v1::PIXEL_TYPE_I16;
    case RawImage::PixelType::kU32:
      return v1::PIXEL_TYPE_U32;
    case RawImage::PixelType::kF32:
      return v1::PIXEL_TYPE_F32;
  }
  return v1::PIXEL_TYPE_UNSPECIFIED;
}

}  // namespace

v1::Frame FrameOfFile(const std::string& path, int page, RawImage image, double pixel_size_nm,
                      const std::string& material) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.size() > kMaxNameBytes) name = name.substr(name.size() - kMaxNameBytes);
  v1::Frame frame;
  frame.set_frame_id(absl::StrCat(name, "#", page));
  frame.set_frame_number(page);
  const int64_t nanos = absl::ToUnixNanos(absl::Now());
  frame.mutable_acquisition_time()->set_seconds(nanos / 1000000000);
  frame.mutable_acquisition_time()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
  frame.set_detector("HAADF");
  frame.set_width_px(image.width);
  frame.set_height_px(image.height);
  frame.set_pixel_type(ProtoPixelType(image.pixel_type));
  frame.set_pixels(std::move(image.bytes));
  frame.set_pixel_size_nm(pixel_size_nm > 0 ? pixel_size_nm : image.pixel_size_nm);
  frame.set_material(material);
  return frame;
}

}  // namespace atomstream
