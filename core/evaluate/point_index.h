// PointIndex: finds the points of a set that lie near a position. Immutable after construction; any
// thread may search it. Holds a copy of the points.
#ifndef ATOMSTREAM_CORE_EVALUATE_POINT_INDEX_H_
#define ATOMSTREAM_CORE_EVALUATE_POINT_INDEX_H_

#include <vector>

#include "core/image/frame.h"

namespace atomstream {

class PointIndex {
 public:
  // Searches may use radii up to `max_radius` > 0. Memory is bounded by the number of points, not
  // by how far they are spread.
  PointIndex(std::vector<PointPx> points, double max_radius);

  // Calls fn(index, squared distance) for each point within `radius` (included) of `position`, in
  // no particular order.
  template <typename Fn>
  void ForEachWithin(const PointPx& position, double radius, Fn fn) const {
    if (points_.empty()) return;
    const double squared_radius = radius * radius;
    const int column = Column(position.x_px);
    const int row = Row(position.y_px);
    for (int j = row - 1; j <= row + 1; ++j) {
      if (j < 0 || j >= rows_) continue;
      for (int i = column - 1; i <= column + 1; ++i) {
        if (i < 0 || i >= columns_) continue;
        const int cell = j * columns_ + i;
        for (int k = first_[cell]; k < first_[cell + 1]; ++k) {
          const double dx = points_[order_[k]].x_px - position.x_px;
          const double dy = points_[order_[k]].y_px - position.y_px;
          const double squared = dx * dx + dy * dy;
          if (squared <= squared_radius) fn(order_[k], squared);
        }
      }
    }
  }

 private:
  int Column(double x) const;  // may lie outside the grid by any amount: clamped to one beyond
  int Row(double y) const;

  std::vector<PointPx> points_;
  double cell_ = 1;
  double low_x_ = 0, low_y_ = 0;
  int columns_ = 0, rows_ = 0;
  std::vector<int> first_;  // of each cell in order_, and the end
  std::vector<int> order_;  // point indices, cell by cell
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_EVALUATE_POINT_INDEX_H_
