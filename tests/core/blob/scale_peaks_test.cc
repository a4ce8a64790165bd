#include "core/blob/scale_peaks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <tuple>

#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

std::vector<Image> NoiseStack(int levels, int rows, int cols) {
  std::vector<Image> stack;
  cv::RNG rng(11);
  for (int i = 0; i < levels; ++i) {
    Image image(rows, cols);
    rng.fill(image, cv::RNG::UNIFORM, -0.2, 1.0);
    stack.push_back(image);
  }
  return stack;
}

using Voxel = std::tuple<int, int, int>;

std::set<Voxel> InRange(const std::vector<ScalePeak>& peaks, int first, int last, int shift) {
  std::set<Voxel> voxels;
  for (const ScalePeak& peak : peaks) {
    if (!peak.InRange(first, last)) continue;
    voxels.insert({peak.level - shift, peak.y_px, peak.x_px});
  }
  return voxels;
}

// The definition: no neighbour of the 3 x 3 x 3 exceeds the voxel.
std::set<Voxel> Naive(const std::vector<Image>& stack, float threshold) {
  std::set<Voxel> voxels;
  const int levels = static_cast<int>(stack.size());
  for (int l = 0; l < levels; ++l) {
    for (int y = 0; y < stack[0].rows; ++y) {
      for (int x = 0; x < stack[0].cols; ++x) {
        bool top = stack[l](y, x) > threshold;
        for (int dl = -1; dl <= 1; ++dl) {
          for (int dy = -1; dy <= 1; ++dy) {
            for (int dx = -1; dx <= 1; ++dx) {
              const int a = l + dl, b = y + dy, c = x + dx;
              if (a < 0 || a >= levels || b < 0 || b >= stack[0].rows || c < 0 ||
                  c >= stack[0].cols) {
                continue;
              }
              top = top && stack[a](b, c) <= stack[l](y, x);
            }
          }
        }
        if (top) voxels.insert({l, y, x});
      }
    }
  }
  return voxels;
}

TEST(ScalePeaksTest, FindsTheMaximaOfTheDefinition) {
  const std::vector<Image> stack = NoiseStack(4, 19, 23);
  const std::set<Voxel> expected = Naive(stack, 0.1f);
  ASSERT_GT(expected.size(), 20u);
  EXPECT_EQ(InRange(FindScalePeaks(stack, 0.1f), 0, 3, 0), expected);
}

TEST(ScalePeaksTest, PeaksOfASubRangeAreThoseOfTheCutStack) {
  const std::vector<Image> stack = NoiseStack(6, 17, 17);
  const std::vector<ScalePeak> peaks = FindScalePeaks(stack, 0.1f);
  for (int first = 0; first < 6; ++first) {
    for (int last = first; last < 6; ++last) {
      const std::vector<Image> cut(stack.begin() + first, stack.begin() + last + 1);
      EXPECT_EQ(InRange(peaks, first, last, first), Naive(cut, 0.1f))
          << "levels " << first << " to " << last;
    }
  }
}

TEST(ScalePeaksTest, ValueAtTheThresholdIsNoPeak) {
  Image image(9, 9, 0.0f);
  image(4, 4) = 0.5f;
  EXPECT_TRUE(FindScalePeaks({image}, 0.5f).empty());
  EXPECT_EQ(FindScalePeaks({image}, 0.49f).size(), 1u);
}

TEST(ScalePeaksTest, TiedNeighboursAreBothPeaks) {
  Image image(9, 9, 0.0f);
  image(4, 4) = image(4, 5) = 0.5f;
  EXPECT_EQ(FindScalePeaks({image}, 0.1f).size(), 2u);
}

TEST(ScalePeaksTest, EmptyStackHasNoPeaks) { EXPECT_TRUE(FindScalePeaks({}, 0).empty()); }

TEST(ScalePeaksTest, SortsByFallingResponseAndKeepsTheOrderOfEquals) {
  std::vector<ScalePeak> peaks;
  uint32_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    state = state * 1664525u + 1013904223u;
    ScalePeak peak;
    // Many equals, over the whole range of positive floats.
    peak.response = std::ldexp(1.0f + (state >> 20) % 7 / 8.0f, static_cast<int>(state >> 8) % 120);
    peak.x_px = static_cast<int16_t>(i);
    peaks.push_back(peak);
  }
  std::vector<ScalePeak> expected = peaks;
  std::stable_sort(expected.begin(), expected.end(),
                   [](const ScalePeak& a, const ScalePeak& b) { return a.response > b.response; });
  SortByResponse(peaks);
  ASSERT_EQ(peaks.size(), expected.size());
  for (size_t i = 0; i < peaks.size(); ++i) {
    ASSERT_EQ(peaks[i].response, expected[i].response);
    ASSERT_EQ(peaks[i].x_px, expected[i].x_px);
  }
}

}  // namespace
}  // namespace atomstream
