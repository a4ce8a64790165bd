#include "core/structure/empty_places.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace atomstream {
namespace {

// The surroundings: a ring about the atom, between it and its neighbours; of d_NN.
constexpr double kRingInner = 0.45;
constexpr double kRingOuter = 0.65;
// What follows holds for Gaussian atoms of 0.22 to 0.4 d_NN in honeycomb and square lattices, in
// units of the peak of the sublattice's atoms: brightness less surroundings (by summing up the
// light of the atoms around). A missing atom takes 1.25 to 7 off the brightness of its place, at
// 0.32 d_NN 2.3 or 2.8, so a place that loses less than this has one. Boron in graphene takes 0.6.
constexpr float kMissing = -1.2f;
// Neighbours shine into the ring more than into the middle: an empty place is a dip, 0.1 to 2 deep.
// A peak above this is an atom's, however dim, unless it is noise.
constexpr float kLeastPeak = -0.1f;
constexpr float kNoiseSigmas = 3;

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

// `values` are not empty; their order changes.
float Median(std::vector<float>& values) {
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<bool> FindEmptyPlaces(const Image& image, const std::vector<Atom>& atoms,
                                  const SublatticeComparison& comparison, double d_nn_px,
                                  double sigmas) {
  const auto peak = [&](int atom) {
    return comparison.brightness()[atom] - RingMean(image, atoms[atom], d_nn_px);
  };
  struct Dark {
    int atom;
    float usual_peak;
  };
  std::vector<Dark> dark;
  std::vector<float> scatters, peaks;
  for (int i = 0; i < static_cast<int>(atoms.size()); ++i) {
    if (!(comparison.outliers()[i].sigmas < -sigmas) || !comparison.HasOwnPeers(i)) continue;
    peaks.clear();
    for (const int peer : comparison.Peers(i)) {
      const float of_peer = peak(peer);
      if (!std::isnan(of_peer)) peaks.push_back(of_peer);
    }
    if (peaks.empty()) continue;
    const float usual = Median(peaks);
    dark.push_back({i, usual});
    for (float& value : peaks) value = std::abs(value - usual);
    scatters.push_back(1.4826f * Median(peaks));
  }
  std::vector<bool> empty(atoms.size(), false);
  if (dark.empty()) return empty;
  const float noise = kNoiseSigmas * Median(scatters);
  for (const auto& [atom, usual] : dark) {
    // Where the sublattice has no peaks nothing can be said: too coarse a frame.
    empty[atom] = usual > 0 && comparison.outliers()[atom].contrast < kMissing * usual &&
                  peak(atom) < kLeastPeak * usual + noise;
  }
  return empty;
}

}  // namespace atomstream
