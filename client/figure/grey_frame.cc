#include "client/figure/grey_frame.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace atomstream::figure {
namespace {

// Of the pixels, shown black and white.
constexpr double kBlackShare = 0.002;
constexpr double kWhiteShare = 0.002;
constexpr size_t kMaxSample = 200'000;
constexpr int kMaxSide = 1 << 15;

template <typename T>
std::vector<float> Values(const std::string& pixels) {
  std::vector<float> values(pixels.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, pixels.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<float>(value);
  }
  return values;
}

std::vector<float> ValuesOf(const v1::Frame& frame) {
  switch (frame.pixel_type()) {
    case v1::PIXEL_TYPE_U8:
      return Values<uint8_t>(frame.pixels());
    case v1::PIXEL_TYPE_U16:
      return Values<uint16_t>(frame.pixels());
    case v1::PIXEL_TYPE_I16:
      return Values<int16_t>(frame.pixels());
    case v1::PIXEL_TYPE_U32:
      return Values<uint32_t>(frame.pixels());
    case v1::PIXEL_TYPE_F32:
      return Values<float>(frame.pixels());
    default:
      return {};
  }
}

struct Levels {
  float black = 0;
  float white = 1;
};

Levels LevelsOf(const std::vector<float>& values) {
  std::vector<float> sample;
  const size_t step = values.size() / kMaxSample + 1;
  for (size_t i = 0; i < values.size(); i += step) {
    if (std::isfinite(values[i])) sample.push_back(values[i]);
  }
  if (sample.empty()) return {};
  const auto quantile = [&sample](double share) {
    const auto at = sample.begin() + static_cast<std::ptrdiff_t>(share * (sample.size() - 1));
    std::nth_element(sample.begin(), at, sample.end());
    return *at;
  };
  return {quantile(kBlackShare), quantile(1 - kWhiteShare)};
}

}  // namespace

absl::StatusOr<GreyFrame> DecodeFrame(const v1::Frame& frame) {
  for (const auto& [field, side] :
       {std::pair("width_px", frame.width_px()), std::pair("height_px", frame.height_px())}) {
    if (side < 1 || side > kMaxSide) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, " = ", side, ": must be in [1, ", kMaxSide, "]"));
    }
  }
  GreyFrame grey{frame.width_px(), frame.height_px(), ValuesOf(frame)};
  if (grey.values.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("pixel_type = ", frame.pixel_type(), ": unknown, or there are no pixels"));
  }
  const size_t expected = static_cast<size_t>(grey.width) * grey.height;
  if (grey.values.size() != expected) {
    return absl::InvalidArgumentError(absl::StrCat(
        "pixels = ", grey.values.size(), ": ", grey.width, " x ", grey.height, " need ", expected));
  }
  return grey;
}

GreyFrame Reduce(GreyFrame frame, int max_side) {
  const int by = (std::max(frame.width, frame.height) + max_side - 1) / max_side;
  if (by <= 1) return frame;
  GreyFrame reduced{(frame.width + by - 1) / by, (frame.height + by - 1) / by, {}};
  reduced.values.reserve(static_cast<size_t>(reduced.width) * reduced.height);
  for (int y = 0; y < reduced.height; ++y) {
    for (int x = 0; x < reduced.width; ++x) {
      const int end_row = std::min((y + 1) * by, frame.height);
      const int end_column = std::min((x + 1) * by, frame.width);
      double sum = 0;
      for (int row = y * by; row < end_row; ++row) {
        for (int column = x * by; column < end_column; ++column) {
          sum += frame.values[static_cast<size_t>(row) * frame.width + column];
        }
      }
      const int count = (end_row - y * by) * (end_column - x * by);
      reduced.values.push_back(static_cast<float>(sum / count));
    }
  }
  return reduced;
}

Picture GreyPicture(const GreyFrame& frame) {
  const Levels levels = LevelsOf(frame.values);
  const double range = static_cast<double>(levels.white) - levels.black;
  Picture picture{frame.width, frame.height, {}};
  picture.pixels.reserve(frame.values.size());
  for (const float value : frame.values) {
    const double share = range > 0 ? (value - levels.black) / range : 0.5;
    const auto level =
        static_cast<uint32_t>(255 * (std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0));
    picture.pixels.push_back(level << 16 | level << 8 | level);
  }
  return picture;
}

}  // namespace atomstream::figure
