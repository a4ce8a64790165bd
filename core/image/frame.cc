#include "core/image/frame.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/image/normalise.h"

namespace atomstream {
namespace {

template <typename T>
void ConvertRows(absl::string_view rows, Image& image) {
  // The bytes of a message are not aligned for T, so each row is copied before it is converted.
  std::vector<T> row(image.cols);
  for (int y = 0; y < image.rows; ++y) {
    std::memcpy(row.data(), rows.data() + static_cast<size_t>(y) * image.cols * sizeof(T),
                image.cols * sizeof(T));
    float* out = image[y];
    for (int x = 0; x < image.cols; ++x) out[x] = static_cast<float>(row[x]);
  }
}

absl::Status CheckSide(absl::string_view field, int value) {
  if (value < Frame::kMinSide || value > Frame::kMaxSide) {
    return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": must be in [",
                                                   Frame::kMinSide, ", ", Frame::kMaxSide, "]"));
  }
  return absl::OkStatus();
}

absl::Status CheckNotNegative(absl::string_view field, double value) {
  if (!(value >= 0) || !std::isfinite(value)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " = ", value, ": must be finite and not negative (0: unknown)"));
  }
  return absl::OkStatus();
}

absl::Status CheckFinite(const Image& image) {
  for (int y = 0; y < image.rows; ++y) {
    const float* row = image[y];
    for (int x = 0; x < image.cols; ++x) {
      if (!std::isfinite(row[x])) {
        return absl::InvalidArgumentError(
            absl::StrCat("pixels = ", row[x], " at row ", y, ", column ", x, ": must be finite"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

int BytesPerPixel(PixelType type) {
  switch (type) {
    case PixelType::kU8:
      return 1;
    case PixelType::kU16:
    case PixelType::kI16:
      return 2;
    case PixelType::kU32:
    case PixelType::kF32:
      return 4;
  }
  return 0;
}

absl::string_view PixelTypeName(PixelType type) {
  switch (type) {
    case PixelType::kU8:
      return "u8";
    case PixelType::kU16:
      return "u16";
    case PixelType::kI16:
      return "i16";
    case PixelType::kU32:
      return "u32";
    case PixelType::kF32:
      return "f32";
  }
  return "unknown";
}

Frame::Frame(FrameMetadata metadata, Image image, PixelType pixel_type)
    : metadata_(std::move(metadata)), image_(std::move(image)), pixel_type_(pixel_type) {}

absl::StatusOr<std::shared_ptr<const Frame>> Frame::Create(FrameMetadata metadata, int width,
                                                           int height, PixelType type,
                                                           absl::string_view rows) {
  if (metadata.id.empty()) return absl::InvalidArgumentError("frame_id: must not be empty");
  RETURN_IF_ERROR(CheckSide("width_px", width));
  RETURN_IF_ERROR(CheckSide("height_px", height));
  RETURN_IF_ERROR(CheckNotNegative("pixel_size_nm", metadata.pixel_size_nm));
  RETURN_IF_ERROR(CheckNotNegative("dwell_time_s", metadata.dwell_time_s));
  const size_t expected_bytes = static_cast<size_t>(width) * height * BytesPerPixel(type);
  if (expected_bytes == 0 || rows.size() != expected_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("pixels = ", rows.size(), " bytes: ", width, " x ", height, " pixels of type ",
                     PixelTypeName(type), " take ", expected_bytes, " bytes"));
  }
  return CatchToStatus("frame conversion", [&]() -> absl::StatusOr<std::shared_ptr<const Frame>> {
    Image image(height, width);
    switch (type) {
      case PixelType::kU8:
        ConvertRows<uint8_t>(rows, image);
        break;
      case PixelType::kU16:
        ConvertRows<uint16_t>(rows, image);
        break;
      case PixelType::kI16:
        ConvertRows<int16_t>(rows, image);
        break;
      case PixelType::kU32:
        ConvertRows<uint32_t>(rows, image);
        break;
      case PixelType::kF32:
        ConvertRows<float>(rows, image);
        RETURN_IF_ERROR(CheckFinite(image));
        break;
    }
    return std::shared_ptr<const Frame>(new Frame(std::move(metadata), std::move(image), type));
  });
}

std::shared_ptr<const NormalisedImage> Frame::normalised() const {
  MutexLock lock(&mutex_);
  std::shared_ptr<const NormalisedImage> normalised = normalised_.lock();
  if (normalised == nullptr) {
    normalised = std::make_shared<const NormalisedImage>(Normalise(image_));
    normalised_ = normalised;
  }
  return normalised;
}

}  // namespace atomstream
