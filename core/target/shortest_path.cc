#include "core/target/shortest_path.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace atomstream {
namespace {

// About 0.1 s: 2-opt of 1,000 points ends long before.
constexpr int64_t kMaxTrials = 20'000'000;
// Gains below this are rounding; following them might never end.
constexpr double kLeastGainPx = 1e-9;

double Distance(const PointPx& a, const PointPx& b) {
  return std::hypot(a.x_px - b.x_px, a.y_px - b.y_px);
}

std::vector<int> NearestNeighbourPath(const std::vector<PointPx>& points, const PointPx& start) {
  std::vector<int> left(points.size());
  for (size_t i = 0; i < left.size(); ++i) left[i] = static_cast<int>(i);
  std::vector<int> order;
  PointPx here = start;
  while (!left.empty()) {
    size_t nearest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < left.size(); ++i) {
      const double dx = points[left[i]].x_px - here.x_px;
      const double dy = points[left[i]].y_px - here.y_px;
      if (dx * dx + dy * dy < least) {
        least = dx * dx + dy * dy;
        nearest = i;
      }
    }
    order.push_back(left[nearest]);
    here = points[left[nearest]];
    left.erase(left.begin() + nearest);
  }
  return order;
}

}  // namespace

std::vector<int> ShortestPath(const std::vector<PointPx>& points, const PointPx& start) {
  std::vector<int> order = NearestNeighbourPath(points, start);
  const int count = static_cast<int>(order.size());
  int64_t trials = 0;
  bool improved = true;
  while (improved && trials < kMaxTrials) {
    improved = false;
    for (int i = 0; i < count && trials < kMaxTrials; ++i) {
      // Turn round order[i … j]: the step into it and the step out of it change.
      for (int j = i + 1; j < count; ++j) {
        ++trials;
        const PointPx& before = i == 0 ? start : points[order[i - 1]];
        const PointPx& first = points[order[i]];
        const PointPx& last = points[order[j]];
        double gain = Distance(before, first) - Distance(before, last);
        if (j + 1 < count) {
          const PointPx& after = points[order[j + 1]];
          gain += Distance(last, after) - Distance(first, after);
        }
        if (gain <= kLeastGainPx) continue;
        std::reverse(order.begin() + i, order.begin() + j + 1);
        improved = true;
      }
    }
  }
  return order;
}

double PathLength(const std::vector<PointPx>& points, const std::vector<int>& order,
                  const PointPx& start) {
  double length = 0;
  PointPx here = start;
  for (const int index : order) {
    length += Distance(here, points[index]);
    here = points[index];
  }
  return length;
}

}  // namespace atomstream
