#include "core/blob/scale_peaks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
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

// Maximum over the 3 x 3 neighbourhood; outside the image counts as 0.
void NeighbourhoodMaximum(const Image& image, Image& maximum) {
  const int width = image.cols;
  const int height = image.rows;
  maximum.create(height, width);
  // The maxima across three neighbouring rows; the one in turn is overwritten.
  const std::vector<float> zeros(width, 0.0f);
  std::vector<float> across[3] = {zeros, zeros, zeros};
  if (height > 0) MaximumAcross(image[0], width, across[0].data());
  for (int y = 0; y < height; ++y) {
    if (y + 1 < height) MaximumAcross(image[y + 1], width, across[(y + 1) % 3].data());
    const float* above = y > 0 ? across[(y + 2) % 3].data() : zeros.data();
    const float* below = y + 1 < height ? across[(y + 1) % 3].data() : zeros.data();
    MaximumOfThree(above, across[y % 3].data(), below, width, maximum[y]);
  }
}

}  // namespace

std::vector<ScalePeak> FindScalePeaks(const std::vector<Image>& stack, float threshold) {
  std::vector<ScalePeak> peaks;
  if (stack.empty()) return peaks;
  const int last = static_cast<int>(stack.size()) - 1;
  // Marks are read eight at a time: most are 0.
  std::vector<uint8_t> marks(stack[0].cols + sizeof(uint64_t), 0);
  // The maxima of the level below, this one and the one above: in turn in three images.
  Image maxima[3];
  NeighbourhoodMaximum(stack[0], maxima[0]);
  for (int level = 0; level <= last; ++level) {
    if (level < last) NeighbourhoodMaximum(stack[level + 1], maxima[(level + 1) % 3]);
    const Image& below = maxima[(level + 2) % 3];
    const Image& here = maxima[level % 3];
    const Image& above = maxima[(level + 1) % 3];
    const Image& image = stack[level];
    for (int y = 0; y < image.rows; ++y) {
      const float* value = image[y];
      const float* maximum = here[y];
      MarkPeaks(value, maximum, threshold, image.cols, marks.data());
      for (int first = 0; first < image.cols; first += sizeof(uint64_t)) {
        uint64_t eight;
        std::memcpy(&eight, marks.data() + first, sizeof(eight));
        if (eight == 0) continue;
        const int end = std::min<int>(image.cols, first + sizeof(eight));
        for (int x = first; x < end; ++x) {
          if (marks[x] == 0) continue;
          ScalePeak peak;
          peak.response = value[x];
          peak.x_px = static_cast<int16_t>(x);
          peak.y_px = static_cast<int16_t>(y);
          peak.level = static_cast<int16_t>(level);
          peak.holds_above = level == last || value[x] >= above(y, x);
          peak.holds_below = level == 0 || value[x] >= below(y, x);
          peaks.push_back(peak);
        }
      }
    }
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
