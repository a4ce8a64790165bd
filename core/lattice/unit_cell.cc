#include "core/lattice/unit_cell.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/lattice/vector_math.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

// A column must rise this share of the cell's range above the lowest point; weaker maxima are the
// sidelobes of strong columns.
constexpr double kMinHeight = 0.3;
// Maxima closer than this share of the shorter lattice vector are one column.
constexpr double kMinSeparation = 0.25;
// Only the central part is averaged: a small error of the basis adds up with distance.
constexpr int kMaxSide = 512;

double Fraction(double value) { return value - std::floor(value); }

Image SmoothedPeriodic(const Image& cell, double sigma_bins) {
  const int margin = static_cast<int>(std::ceil(3 * sigma_bins));
  Image padded;
  cv::copyMakeBorder(cell, padded, margin, margin, margin, margin, cv::BORDER_WRAP);
  cv::GaussianBlur(padded, padded, cv::Size(), sigma_bins, sigma_bins);
  return padded(cv::Rect(margin, margin, cell.cols, cell.rows)).clone();
}

}  // namespace

UnitCell AverageUnitCell(const Image& image, const std::array<Vector2, 2>& reciprocal) {
  constexpr int n = kUnitCellBins;
  const int width = std::min(image.cols, kMaxSide);
  const int height = std::min(image.rows, kMaxSide);
  const int left = (image.cols - width) / 2;
  const int top = (image.rows - height) / 2;
  Image sum(n, n, 0.0f);
  Image count(n, n, 0.0f);
  for (int y = top; y < top + height; ++y) {
    const float* row = image[y];
    for (int x = left; x < left + width; ++x) {
      const int u = static_cast<int>(Fraction(reciprocal[0].x * x + reciprocal[0].y * y) * n) % n;
      const int v = static_cast<int>(Fraction(reciprocal[1].x * x + reciprocal[1].y * y) * n) % n;
      sum(v, u) += row[x];
      count(v, u) += 1;
    }
  }
  constexpr double kSmoothing = 0.07 * n;
  UnitCell cell;
  const Image smooth_sum = SmoothedPeriodic(sum, kSmoothing);
  const Image smooth_count = SmoothedPeriodic(count, kSmoothing);
  cv::divide(smooth_sum, cv::max(smooth_count, 1e-6), cell.average);

  double low = 0;
  double high = 0;
  cv::minMaxLoc(cell.average, &low, &high);
  const double level = low + kMinHeight * (high - low);
  std::vector<std::pair<float, Vector2>> tops;
  for (int v = 0; v < n; ++v) {
    for (int u = 0; u < n; ++u) {
      const auto at = [&](int du, int dv) {
        return cell.average((v + dv + n) % n, (u + du + n) % n);
      };
      const float value = at(0, 0);
      bool is_top = value > level;
      for (int dv = -1; dv <= 1 && is_top; ++dv) {
        for (int du = -1; du <= 1 && is_top; ++du) is_top = at(du, dv) <= value;
      }
      if (!is_top) continue;
      const double shift_u = ParabolaTop(at(-1, 0), value, at(1, 0));
      const double shift_v = ParabolaTop(at(0, -1), value, at(0, 1));
      tops.push_back({value, {Fraction((u + 0.5 + shift_u) / n), Fraction((v + 0.5 + shift_v) / n)}});
    }
  }
  std::stable_sort(tops.begin(), tops.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });

  Material columns;  // in pixels; only its distances are asked for
  columns.vectors_nm = DualBasis(reciprocal);
  const double separation =
      kMinSeparation * std::min(Length(columns.vectors_nm[0]), Length(columns.vectors_nm[1]));
  for (const auto& [value, fraction] : tops) {
    columns.basis.push_back({fraction, "", 1});
    const double nearest = columns.NearestNeighbourDistanceNm();
    if (nearest < separation) {
      columns.basis.pop_back();
      continue;
    }
    cell.d_nn_px = nearest;
    cell.columns.push_back(fraction);
  }
  return cell;
}

}  // namespace atomstream
