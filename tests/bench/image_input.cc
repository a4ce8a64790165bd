#include "tests/bench/image_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/cpp/image_file.h"
#include "core/base/status_macros.h"

namespace atomstream::bench {
namespace {

PixelType ToPixelType(RawImage::PixelType type) {
  switch (type) {
    case RawImage::PixelType::kU8:
      return PixelType::kU8;
    case RawImage::PixelType::kU16:
      return PixelType::kU16;
    case RawImage::PixelType::kI16:
      return PixelType::kI16;
    case RawImage::PixelType::kU32:
      return PixelType::kU32;
    case RawImage::PixelType::kF32:
      break;
  }
  return PixelType::kF32;
}

std::string Bytes(const Image& image) {
  std::string bytes(image.total() * sizeof(float), '\0');
  for (int y = 0; y < image.rows; ++y) {
    std::memcpy(bytes.data() + y * image.cols * sizeof(float), image[y],
                image.cols * sizeof(float));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Frame>> ReadFrame(const std::string& path,
                                                       FrameMetadata metadata) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ImageFileReader> reader, ImageFileReader::Open(path));
  ASSIGN_OR_RETURN(const RawImage page, reader->Read(0));
  metadata.id = path;
  if (metadata.pixel_size_nm == 0) metadata.pixel_size_nm = page.pixel_size_nm;
  return Frame::Create(std::move(metadata), page.width, page.height, ToPixelType(page.pixel_type),
                       page.bytes);
}

absl::StatusOr<std::shared_ptr<const Frame>> MakeFrame(const Image& image, FrameMetadata metadata) {
  return Frame::Create(std::move(metadata), image.cols, image.rows, PixelType::kF32, Bytes(image));
}

absl::Status WriteImage(const std::string& path, const Image& image) {
  RawImage page;
  page.width = image.cols;
  page.height = image.rows;
  page.pixel_type = RawImage::PixelType::kF32;
  page.bytes = Bytes(image);
  return WriteNpy(path, {page});
}

Image AsFloatImage(const Frame& frame) {
  double largest = 1;
  switch (frame.pixel_type()) {
    case PixelType::kU8:
      largest = 255;
      break;
    case PixelType::kU16:
      largest = 65535;
      break;
    case PixelType::kI16:
      largest = 32767;
      break;
    case PixelType::kU32:
      largest = 4294967295.0;
      break;
    case PixelType::kF32:
      return frame.image();
  }
  Image image(frame.height(), frame.width());
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      image(y, x) = static_cast<float>(std::max(-1.0, frame.image()(y, x) / largest));
    }
  }
  return image;
}

Image ScaleMinMax(const Image& image) {
  float low = image(0, 0);
  float high = low;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      low = std::min(low, image(y, x));
      high = std::max(high, image(y, x));
    }
  }
  Image scaled(image.rows, image.cols);
  const float scale = high > low ? 1 / (high - low) : 0;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) scaled(y, x) = (image(y, x) - low) * scale;
  }
  return scaled;
}

}  // namespace atomstream::bench
