#include "core/blob/scale_peaks.h"

#include <algorithm>

namespace atomstream {
namespace {

// Maximum over the 3 x 3 neighbourhood; outside the image counts as 0.
Image NeighbourhoodMaximum(const Image& image) {
  const int width = image.cols;
  const int height = image.rows;
  Image horizontal(height, width);
  for (int y = 0; y < height; ++y) {
    const float* in = image[y];
    float* out = horizontal[y];
    for (int x = 1; x + 1 < width; ++x) {
      const float side = std::max(in[x - 1], in[x + 1]);
      out[x] = std::max(side, in[x]);
    }
    out[0] = std::max({0.0f, in[0], width > 1 ? in[1] : 0.0f});
    out[width - 1] = std::max({0.0f, in[width - 1], width > 1 ? in[width - 2] : 0.0f});
  }
  const std::vector<float> zeros(width, 0.0f);
  Image maximum(height, width);
  for (int y = 0; y < height; ++y) {
    const float* above = y > 0 ? horizontal[y - 1] : zeros.data();
    const float* centre = horizontal[y];
    const float* below = y + 1 < height ? horizontal[y + 1] : zeros.data();
    float* out = maximum[y];
    for (int x = 0; x < width; ++x) {
      const float side = std::max(above[x], below[x]);
      out[x] = std::max(side, centre[x]);
    }
  }
  return maximum;
}

}  // namespace

std::vector<ScalePeak> FindScalePeaks(const std::vector<Image>& stack, float threshold) {
  std::vector<ScalePeak> peaks;
  if (stack.empty()) return peaks;
  const int last = static_cast<int>(stack.size()) - 1;
  Image below;
  Image here = NeighbourhoodMaximum(stack[0]);
  for (int level = 0; level <= last; ++level) {
    Image above = level < last ? NeighbourhoodMaximum(stack[level + 1]) : Image();
    const Image& image = stack[level];
    for (int y = 0; y < image.rows; ++y) {
      const float* value = image[y];
      const float* maximum = here[y];
      for (int x = 0; x < image.cols; ++x) {
        if (value[x] < maximum[x] || !(value[x] > threshold)) continue;
        ScalePeak peak;
        peak.response = value[x];
        peak.x_px = static_cast<int16_t>(x);
        peak.y_px = static_cast<int16_t>(y);
        peak.level = static_cast<int16_t>(level);
        peak.holds_above = above.empty() || value[x] >= above(y, x);
        peak.holds_below = below.empty() || value[x] >= below(y, x);
        peaks.push_back(peak);
      }
    }
    below = here;
    here = above;
  }
  // Where every voxel is a maximum nothing stands out (scikit-image: a trivial image has no peak).
  const size_t voxels = stack.size() * stack[0].total();
  if (peaks.size() == voxels) peaks.clear();
  return peaks;
}

}  // namespace atomstream
