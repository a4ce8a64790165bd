#include "core/blob/scale_peaks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/base/lanes.h"

namespace atomstream {
namespace {

// out[x] = the largest of in[x - 1], in[x], in[x + 1]; outside the row counts as 0.
ATOMSTREAM_VECTORISED
void MaximumAcross(const float* in, int width, float* __restrict out) {
  for (int x = 1; x + 1 < width; ++x) {
    const float side = std::max(in[x - 1], in[x + 1]);
    out[x] = std::max(side, in[x]);
  }
  out[0] = std::max({0.0f, in[0], width > 1 ? in[1] : 0.0f});
  out[width - 1] = std::max({0.0f, in[width - 1], width > 1 ? in[width - 2] : 0.0f});
}

ATOMSTREAM_VECTORISED
void MaximumOfThree(const float* above, const float* centre, const float* below, int width,
                    float* __restrict out) {
  for (int x = 0; x < width; ++x) {
    const float side = std::max(above[x], below[x]);
    out[x] = std::max(side, centre[x]);
  }
}

// 1 where a pixel is its neighbourhood's maximum and above the threshold, else 0.
ATOMSTREAM_VECTORISED
void MarkPeaks(const float* value, const float* maximum, float threshold, int width,
               uint8_t* __restrict marks) {
  for (int x = 0; x < width; ++x) {
    marks[x] = static_cast<uint8_t>(!(value[x] < maximum[x]) & (value[x] > threshold));
  }
}

// Is `value` at least the maximum of the 3 x 3 neighbourhood of (x, y)? Outside the image counts
// as 0.
bool Holds(const Image& image, int x, int y, float value) {
  float maximum = x == 0 || y == 0 || x + 1 == image.cols || y + 1 == image.rows
                      ? 0.0f
                      : -std::numeric_limits<float>::infinity();
  for (int row = std::max(0, y - 1); row <= std::min(image.rows - 1, y + 1); ++row) {
    const float* at = image[row];
    for (int column = std::max(0, x - 1); column <= std::min(image.cols - 1, x + 1); ++column) {
      maximum = std::max(maximum, at[column]);
    }
  }
  return value >= maximum;
}

// Calls fn(x, y, value) for every maximum of its 3 x 3 neighbourhood above the threshold, row by
// row; outside the image counts as 0.
template <typename Fn>
void ForEachMaximum(const Image& image, float threshold, Fn&& fn) {
  const int width = image.cols;
  const int height = image.rows;
  const std::vector<float> zeros(width, 0.0f);
  // The maxima across three neighbouring rows; the oldest is overwritten.
  std::vector<float> across[3] = {zeros, zeros, zeros};
  std::vector<float> maximum(width);
  // Marks are read eight at a time: most are 0.
  std::vector<uint8_t> marks(width + sizeof(uint64_t), 0);
  if (height > 0) MaximumAcross(image[0], width, across[0].data());
  for (int y = 0; y < height; ++y) {
    if (y + 1 < height) MaximumAcross(image[y + 1], width, across[(y + 1) % 3].data());
    const float* above = y > 0 ? across[(y + 2) % 3].data() : zeros.data();
    const float* below = y + 1 < height ? across[(y + 1) % 3].data() : zeros.data();
    MaximumOfThree(above, across[y % 3].data(), below, width, maximum.data());
    const float* value = image[y];
    MarkPeaks(value, maximum.data(), threshold, width, marks.data());
    for (int first = 0; first < width; first += sizeof(uint64_t)) {
      uint64_t eight;
      std::memcpy(&eight, marks.data() + first, sizeof(eight));
      if (eight == 0) continue;
      const int end = std::min<int>(width, first + sizeof(eight));
      for (int x = first; x < end; ++x) {
        if (marks[x] != 0) fn(x, y, value[x]);
      }
    }
  }
}

}  // namespace

std::vector<ScalePeak> FindScalePeaks(const std::vector<Image>& stack, float threshold) {
  std::vector<ScalePeak> peaks;
  if (stack.empty()) return peaks;
  const int last = static_cast<int>(stack.size()) - 1;
  for (int level = 0; level <= last; ++level) {
    ForEachMaximum(stack[level], threshold, [&](int x, int y, float value) {
      ScalePeak peak;
      peak.response = value;
      peak.x_px = static_cast<int16_t>(x);
      peak.y_px = static_cast<int16_t>(y);
      peak.level = static_cast<int16_t>(level);
      peak.holds_above = level == last || Holds(stack[level + 1], x, y, value);
      peak.holds_below = level == 0 || Holds(stack[level - 1], x, y, value);
      peaks.push_back(peak);
    });
  }
  // Where every voxel is a maximum nothing stands out (scikit-image: a trivial image has no peak).
  const size_t voxels = stack.size() * stack[0].total();
  if (peaks.size() == voxels) peaks.clear();
  return peaks;
}

void SortByResponse(std::vector<ScalePeak>& peaks) {
  // A radix sort, stable: 11 bits at a time, the greatest first. The bits of positive floats rise
  // with their values.
  constexpr int kBits = 11, kBuckets = 1 << kBits;
  const auto digit = [](const ScalePeak& peak, int shift) {
    uint32_t bits;
    std::memcpy(&bits, &peak.response, sizeof(bits));
    return kBuckets - 1 - ((bits >> shift) & (kBuckets - 1));
  };
  std::vector<ScalePeak> sorted(peaks.size());
  std::vector<int> next(kBuckets);
  for (int shift = 0; shift < 32; shift += kBits) {
    std::fill(next.begin(), next.end(), 0);
    for (const ScalePeak& peak : peaks) ++next[digit(peak, shift)];
    std::exclusive_scan(next.begin(), next.end(), next.begin(), 0);
    for (const ScalePeak& peak : peaks) sorted[next[digit(peak, shift)]++] = peak;
    peaks.swap(sorted);
  }
}

}  // namespace atomstream
