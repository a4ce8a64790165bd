#include "server/codec/frame_preview.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "server/codec/frame_codec.h"

namespace atomstream {
namespace {

int CeilDivide(int value, int by) { return (value + by - 1) / by; }

}  // namespace

int ReductionOf(int width_px, int height_px, int max_side_px) {
  return CeilDivide(std::max(width_px, height_px), max_side_px);
}

Image BlockMeans(const Image& image, int reduction) {
  Image means(CeilDivide(image.rows, reduction), CeilDivide(image.cols, reduction));
  std::vector<double> sums(means.cols);
  for (int y = 0; y < means.rows; ++y) {
    const int first_row = y * reduction;
    const int end_row = std::min(first_row + reduction, image.rows);
    std::fill(sums.begin(), sums.end(), 0.0);
    for (int row = first_row; row < end_row; ++row) {
      const float* pixels = image[row];
      for (int column = 0; column < image.cols; ++column)
        sums[column / reduction] += pixels[column];
    }
    for (int x = 0; x < means.cols; ++x) {
      const int columns = std::min(reduction, image.cols - x * reduction);
      means(y, x) = static_cast<float>(sums[x] / (columns * (end_row - first_row)));
    }
  }
  return means;
}

v1::Frame PreviewToProto(const Frame& frame, int reduction) {
  const Image means = BlockMeans(frame.image(), reduction);
  v1::Frame proto = FrameMetadataToProto(frame);
  proto.set_width_px(means.cols);
  proto.set_height_px(means.rows);
  proto.set_pixel_type(v1::PIXEL_TYPE_F32);
  proto.set_pixel_size_nm(proto.pixel_size_nm() * reduction);
  // An Image that was just made has no padding between its rows.
  proto.set_pixels(
      std::string(reinterpret_cast<const char*>(means.ptr()), means.total() * sizeof(float)));
  return proto;
}

v1::Preview ResultPreviewOf(const Image& image) {
  const int reduction = ReductionOf(image.cols, image.rows, kResultPreviewSide);
  const Image means = BlockMeans(image, reduction);
  // An Image that was just made has no padding between its rows.
  const float* begin = means[0];
  const float* end = begin + means.total();
  const auto [darkest, brightest] = std::minmax_element(begin, end);
  const double low = *darkest;
  const double range = static_cast<double>(*brightest) - low;
  v1::Preview preview;
  preview.set_width_px(means.cols);
  preview.set_height_px(means.rows);
  preview.set_reduction(reduction);
  std::string& pixels = *preview.mutable_pixels();
  pixels.assign(means.total(), '\0');
  if (range == 0) return preview;
  std::transform(begin, end, pixels.begin(), [&](float value) {
    return static_cast<char>(static_cast<uint8_t>(std::lround((value - low) / range * 255)));
  });
  return preview;
}

}  // namespace atomstream
