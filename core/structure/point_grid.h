// PointGrid: points hashed into square cells, for "who is within r of here" on a plane.
//
// Cheaper than a k-d tree when one radius serves all queries and the points fill the frame evenly,
// which is how atoms lie. Built once over its points and then read; not thread-safe while building.
#ifndef ATOMSTREAM_CORE_STRUCTURE_POINT_GRID_H_
#define ATOMSTREAM_CORE_STRUCTURE_POINT_GRID_H_

#include <algorithm>
#include <cmath>
#include <vector>

namespace atomstream {

class PointGrid {
 public:
  // Covers [0, width) x [0, height); points outside fall into the nearest border cell.
  PointGrid(double width, double height, double cell)
      : cell_(std::max(cell, 1e-3)),
        columns_(std::max(1, static_cast<int>(std::ceil(width / cell_)))),
        rows_(std::max(1, static_cast<int>(std::ceil(height / cell_)))),
        head_(static_cast<size_t>(columns_) * rows_, -1) {}

  // Adds a point; returns its index (0, 1, 2, …).
  int Add(float x, float y) {
    const int index = static_cast<int>(points_.size());
    int& head = head_[CellIndex(Column(x), Row(y))];
    points_.push_back({x, y, head});
    head = index;
    return index;
  }

  // Calls fn(index, squared distance) for every point within `radius` of (x, y), in no particular
  // order, until fn returns false.
  template <typename Fn>
  void ForEachWithin(float x, float y, double radius, Fn&& fn) const {
    const float limit = static_cast<float>(radius * radius);
    const int first_column = Column(x - radius), last_column = Column(x + radius);
    const int first_row = Row(y - radius), last_row = Row(y + radius);
    for (int row = first_row; row <= last_row; ++row) {
      for (int column = first_column; column <= last_column; ++column) {
        for (int i = head_[CellIndex(column, row)]; i >= 0; i = points_[i].next) {
          const float dx = points_[i].x - x;
          const float dy = points_[i].y - y;
          const float distance = dx * dx + dy * dy;
          if (distance <= limit && !fn(i, distance)) return;
        }
      }
    }
  }

 private:
  struct Point {
    float x, y;
    int next;  // the next point of the same cell, -1 at the end
  };

  int Column(double x) const {
    return std::clamp(static_cast<int>(std::floor(x / cell_)), 0, columns_ - 1);
  }
  int Row(double y) const {
    return std::clamp(static_cast<int>(std::floor(y / cell_)), 0, rows_ - 1);
  }
  size_t CellIndex(int column, int row) const {
    return static_cast<size_t>(row) * columns_ + column;
  }

  const double cell_;
  const int columns_;
  const int rows_;
  std::vector<int> head_;
  std::vector<Point> points_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_POINT_GRID_H_
