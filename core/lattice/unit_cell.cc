#include "core/lattice/unit_cell.h"

#include <algorithm>
#include <cmath>

#include "core/lattice/vector_math.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

// A column must reach this share of the strongest one's contrast, and this many standard errors of
// the average: light columns beside heavy ones are real, ripples of the noise are not.
constexpr double kMinHeight = 0.1;
constexpr double kMinStandardErrors = 5;
// Of the average, in shorter lattice vectors.
constexpr double kSmoothing = 0.08;
// Maxima closer than this share of the shorter lattice vector are one column.
constexpr double kMinSeparation = 0.25;
// Only the central part is averaged: a small error of the basis adds up with distance.
constexpr int kMaxSide = 512;

double Fraction(double value) { return value - std::floor(value); }

// Gaussian blur with standard deviations in bins along the two vectors; the cell repeats.
Image SmoothedPeriodic(const Image& cell, double sigma_u, double sigma_v) {
  const int margin = cell.cols;
  Image padded;
  cv::copyMakeBorder(cell, padded, margin, margin, margin, margin, cv::BORDER_WRAP);
  cv::GaussianBlur(padded, padded, cv::Size(), sigma_u, sigma_v);
  return padded(cv::Rect(margin, margin, cell.cols, cell.rows)).clone();
}

// The central part of the image, laid over itself cell by cell.
struct FoldedImage {
  Image sum = Image(kUnitCellBins, kUnitCellBins, 0.0f);
  Image count = Image(kUnitCellBins, kUnitCellBins, 0.0f);
  double pixels = 0;
  double squares = 0;  // sum over the pixels
};

FoldedImage Fold(const Image& image, const std::array<Vector2, 2>& reciprocal) {
  constexpr int n = kUnitCellBins;
  const int width = std::min(image.cols, kMaxSide);
  const int height = std::min(image.rows, kMaxSide);
  const int left = (image.cols - width) / 2;
  const int top = (image.rows - height) / 2;
  FoldedImage folded;
  for (int y = top; y < top + height; ++y) {
    const float* row = image[y];
    for (int x = left; x < left + width; ++x) {
      const int u = static_cast<int>(Fraction(reciprocal[0].x * x + reciprocal[0].y * y) * n) % n;
      const int v = static_cast<int>(Fraction(reciprocal[1].x * x + reciprocal[1].y * y) * n) % n;
      folded.sum(v, u) += row[x];
      folded.count(v, u) += 1;
      folded.squares += row[x] * row[x];
    }
  }
  folded.pixels = static_cast<double>(width) * height;
  return folded;
}

struct Top {
  float height;
  Vector2 fraction;
};

// The maxima above `level` of an image that repeats, the highest first.
std::vector<Top> TopsOf(const Image& contrast, double level) {
  constexpr int n = kUnitCellBins;
  std::vector<Top> tops;
  for (int v = 0; v < n; ++v) {
    for (int u = 0; u < n; ++u) {
      const auto at = [&](int du, int dv) { return contrast((v + dv + n) % n, (u + du + n) % n); };
      const float value = at(0, 0);
      bool is_top = value > level;
      for (int dv = -1; dv <= 1 && is_top; ++dv) {
        for (int du = -1; du <= 1 && is_top; ++du) is_top = at(du, dv) <= value;
      }
      if (!is_top) continue;
      const double shift_u = ParabolaTop(at(-1, 0), value, at(1, 0));
      const double shift_v = ParabolaTop(at(0, -1), value, at(0, 1));
      tops.push_back(
          {value, {Fraction((u + 0.5 + shift_u) / n), Fraction((v + 0.5 + shift_v) / n)}});
    }
  }
  std::stable_sort(tops.begin(), tops.end(),
                   [](const Top& a, const Top& b) { return a.height > b.height; });
  return tops;
}

}  // namespace

UnitCell AverageUnitCell(const Image& image, const std::array<Vector2, 2>& reciprocal) {
  constexpr int n = kUnitCellBins;
  const FoldedImage folded = Fold(image, reciprocal);
  Material columns;  // in pixels; only its distances are asked for
  columns.vectors_nm = DualBasis(reciprocal);
  const double length_u = Length(columns.vectors_nm[0]);
  const double length_v = Length(columns.vectors_nm[1]);
  const double shorter = std::min(length_u, length_v);
  const double sigma_u = kSmoothing * shorter / length_u * n;
  const double sigma_v = kSmoothing * shorter / length_v * n;
  UnitCell cell;
  cv::divide(SmoothedPeriodic(folded.sum, sigma_u, sigma_v),
             cv::max(SmoothedPeriodic(folded.count, sigma_u, sigma_v), 1e-6), cell.average);

  // Contrast against the surroundings: a light column on the flank of a heavy one is no maximum of
  // the average, but it is one of this difference of Gaussians.
  const Image contrast = cell.average - SmoothedPeriodic(cell.average, 2 * sigma_u, 2 * sigma_v);
  double strongest = 0;
  cv::minMaxLoc(contrast, nullptr, &strongest);
  // Spread of single pixels around the average, over the number of pixels that one smoothed bin
  // draws from.
  const double variance =
      std::max(0.0, folded.squares / folded.pixels - cv::mean(cell.average.mul(cell.average))[0]);
  const double drawn = folded.pixels / (n * n) * 4 * M_PI * sigma_u * sigma_v;
  const double level =
      std::max(kMinHeight * strongest, kMinStandardErrors * std::sqrt(variance / drawn));

  const double separation = kMinSeparation * shorter;
  for (const Top& top : TopsOf(contrast, level)) {
    columns.basis.push_back({top.fraction, "", 1});
    const double nearest = columns.NearestNeighbourDistanceNm();
    if (nearest < separation) {
      columns.basis.pop_back();
      continue;
    }
    cell.d_nn_px = nearest;
    cell.columns.push_back(top.fraction);
  }
  return cell;
}

}  // namespace atomstream
