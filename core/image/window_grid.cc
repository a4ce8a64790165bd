#include "core/image/window_grid.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace atomstream {
namespace {

std::vector<int> Starts(int frame, int size, int step) {
  std::vector<int> starts;
  int start = 0;
  for (; start + size <= frame; start += step) starts.push_back(start);
  const int left_out = frame - (starts.back() + size);
  if (10 * left_out >= size) starts.push_back(frame - size);
  return starts;
}

}  // namespace

std::vector<Window> MakeWindowGrid(int frame_width_px, int frame_height_px, int size_px,
                                   double stride) {
  const int width = std::min(size_px, frame_width_px);
  const int height = std::min(size_px, frame_height_px);
  const int step = std::max(1, static_cast<int>(std::floor(stride * size_px)));
  std::vector<Window> windows;
  for (int y : Starts(frame_height_px, height, step)) {
    for (int x : Starts(frame_width_px, width, step)) windows.push_back({x, y, width, height});
  }
  return windows;
}

std::vector<int> SpreadOrder(int count, int64_t turn) {
  // 2^64 over the golden ratio: products modulo 2^64 are exact fractions of a turn, also for frame
  // numbers that a double cannot tell apart (times in nanoseconds).
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;
  std::vector<uint64_t> key(count);
  for (int i = 0; i < count; ++i) key[i] = (static_cast<uint64_t>(turn) + i) * kGolden;
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return key[a] < key[b]; });
  return order;
}

}  // namespace atomstream
