#include "core/evaluate/point_index.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace atomstream {
namespace {

// The cell number of a coordinate, clamped to [-1, count] so that far positions cannot overflow.
int CellNumber(double value, double low, double cell, int count) {
  return static_cast<int>(std::clamp(std::floor((value - low) / cell), -1.0, double(count)));
}

}  // namespace

PointIndex::PointIndex(std::vector<PointPx> points, double max_radius)
    : points_(std::move(points)) {
  if (points_.empty()) return;
  double high_x = points_[0].x_px, high_y = points_[0].y_px;
  low_x_ = high_x, low_y_ = high_y;
  for (const PointPx& p : points_) {
    low_x_ = std::min(low_x_, p.x_px);
    high_x = std::max(high_x, p.x_px);
    low_y_ = std::min(low_y_, p.y_px);
    high_y = std::max(high_y, p.y_px);
  }
  // At least the radius, so that 3 x 3 cells suffice; at most about two cells a point each way.
  const double count = static_cast<double>(points_.size());
  const double longer = std::max(high_x - low_x_, high_y - low_y_);
  const double area = (high_x - low_x_) * (high_y - low_y_);
  cell_ = std::max({max_radius, std::sqrt(area / count), longer / (count + 1)});
  columns_ = static_cast<int>((high_x - low_x_) / cell_) + 1;
  rows_ = static_cast<int>((high_y - low_y_) / cell_) + 1;

  std::vector<int> cell_of(points_.size());
  first_.assign(static_cast<size_t>(columns_) * rows_ + 1, 0);
  for (size_t i = 0; i < points_.size(); ++i) {
    const int column = std::min(Column(points_[i].x_px), columns_ - 1);
    const int row = std::min(Row(points_[i].y_px), rows_ - 1);
    cell_of[i] = row * columns_ + column;
    ++first_[cell_of[i] + 1];
  }
  for (size_t c = 1; c < first_.size(); ++c) first_[c] += first_[c - 1];
  order_.resize(points_.size());
  std::vector<int> next(first_.begin(), first_.end() - 1);
  for (size_t i = 0; i < points_.size(); ++i) order_[next[cell_of[i]]++] = static_cast<int>(i);
}

int PointIndex::Column(double x) const { return CellNumber(x, low_x_, cell_, columns_); }

int PointIndex::Row(double y) const { return CellNumber(y, low_y_, cell_, rows_); }

}  // namespace atomstream
