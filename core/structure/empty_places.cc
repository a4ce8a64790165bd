#include "core/structure/empty_places.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace atomstream {
namespace {

// The surroundings: a ring about the atom, between it and its neighbours; of d_NN.
constexpr double kRingInner = 0.45;
constexpr double kRingOuter = 0.65;
// Where an atom misses, its neighbours shine into the ring more than into the middle: the peak is
// not 0 but negative, -0.3 of an atom's in honeycomb and -0.4 in square lattices (Gaussian atoms of
// 0.32 d_NN). A third of the way from there to 1.
constexpr float kEmptyPeak = 0.1f;

// NaN: no pixel of the image is on the ring.
float RingMean(const Image& image, const Atom& atom, double d_nn_px) {
  const double inner = kRingInner * d_nn_px, outer = kRingOuter * d_nn_px;
  const int first_row = std::max(0, static_cast<int>(std::ceil(atom.y_px - outer)));
  const int last_row = std::min(image.rows - 1, static_cast<int>(std::floor(atom.y_px + outer)));
  const int first_column = std::max(0, static_cast<int>(std::ceil(atom.x_px - outer)));
  const int last_column = std::min(image.cols - 1, static_cast<int>(std::floor(atom.x_px + outer)));
  double sum = 0;
  int count = 0;
  for (int row = first_row; row <= last_row; ++row) {
    for (int column = first_column; column <= last_column; ++column) {
      const double x = column - atom.x_px, y = row - atom.y_px;
      const double square = x * x + y * y;
      if (square < inner * inner || square > outer * outer) continue;
      sum += image(row, column);
      ++count;
    }
  }
  return count == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum / count);
}

}  // namespace

std::vector<bool> FindEmptyPlaces(const Image& image, const std::vector<Atom>& atoms,
                                  const SublatticeComparison& comparison, double d_nn_px,
                                  double sigmas) {
  std::vector<bool> empty(atoms.size(), false);
  const auto peak = [&](int atom) {
    return comparison.brightness()[atom] - RingMean(image, atoms[atom], d_nn_px);
  };
  std::vector<float> peaks;
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (!(comparison.outliers()[i].sigmas < -sigmas)) continue;
    peaks.clear();
    for (const int peer : comparison.Peers(static_cast<int>(i))) {
      const float of_peer = peak(peer);
      if (!std::isnan(of_peer)) peaks.push_back(of_peer);
    }
    if (peaks.empty()) continue;
    const auto middle = peaks.begin() + peaks.size() / 2;
    std::nth_element(peaks.begin(), middle, peaks.end());
    // Without a peak of the sublattice nothing can be said: too coarse a frame.
    empty[i] = *middle > 0 && peak(static_cast<int>(i)) < kEmptyPeak * *middle;
  }
  return empty;
}

}  // namespace atomstream
