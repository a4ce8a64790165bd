#include "core/structure/site_brightness.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace atomstream {
namespace {

// Of d_NN: the weight, and an atom in HAADF frames.
constexpr double kWeightSigma = 0.28;
constexpr double kAtomSigma = 0.3;
constexpr double kReach = 3;  // standard deviations of the weight
// For a normal distribution: the median, over its members, of the distance within which a quarter
// of it lies, and the quarter's own reach; both in standard deviations (numerical integration).
constexpr float kTypicalQuarter = 0.396f;
constexpr float kQuarterReach = 0.674f;

// Atoms reached by two or four bonds, without the atom itself.
class PeerFinder {
 public:
  explicit PeerFinder(const BondGraph& graph) : graph_(graph), seen_(graph.size(), -1) {}

  const std::vector<int>& Of(int atom) {
    peers_.clear();
    seen_[atom] = atom;
    AddTwoBondsFrom(atom, atom);
    const size_t first_shell = peers_.size();
    for (size_t i = 0; i < first_shell; ++i) AddTwoBondsFrom(peers_[i], atom);
    return peers_;
  }

 private:
  void AddTwoBondsFrom(int from, int atom) {
    for (const Bond& one : graph_.bonds(from)) {
      for (const Bond& two : graph_.bonds(one.atom)) {
        if (seen_[two.atom] == atom) continue;
        seen_[two.atom] = atom;
        peers_.push_back(two.atom);
      }
    }
  }

  const BondGraph& graph_;
  std::vector<int> seen_;  // by atom: for whom it was last counted
  std::vector<int> peers_;
};

}  // namespace

namespace {

std::vector<float> WeightedMeans(const Image& image, const std::vector<Atom>& atoms,
                                 double sigma_px, double edge_px) {
  const double sigma = std::max(sigma_px, 0.5);
  const int reach = static_cast<int>(std::ceil(kReach * sigma));
  const float scale = static_cast<float>(-0.5 / (sigma * sigma));
  std::vector<float> column_weight(2 * reach + 1);
  std::vector<float> brightness(atoms.size(), std::numeric_limits<float>::quiet_NaN());
  for (size_t i = 0; i < atoms.size(); ++i) {
    const float x = atoms[i].x_px, y = atoms[i].y_px;
    const bool inside = x >= edge_px && y >= edge_px && x <= image.cols - 1 - edge_px &&
                        y <= image.rows - 1 - edge_px;
    if (!inside) continue;
    const int cx = static_cast<int>(std::lround(x)), cy = static_cast<int>(std::lround(y));
    const int first_column = std::max(0, cx - reach),
              last_column = std::min(image.cols - 1, cx + reach);
    const int first_row = std::max(0, cy - reach), last_row = std::min(image.rows - 1, cy + reach);
    float column_sum = 0;
    for (int c = first_column; c <= last_column; ++c) {
      column_sum += column_weight[c - first_column] = std::exp(scale * (c - x) * (c - x));
    }
    float sum = 0, weights = 0;
    for (int r = first_row; r <= last_row; ++r) {
      const float weight = std::exp(scale * (r - y) * (r - y));
      const float* row = image[r];
      float of_row = 0;
      for (int c = first_column; c <= last_column; ++c)
        of_row += column_weight[c - first_column] * row[c];
      sum += weight * of_row;
      weights += weight * column_sum;
    }
    brightness[i] = sum / weights;
  }
  return brightness;
}

}  // namespace

std::vector<float> SiteBrightness(const Image& image, const std::vector<Atom>& atoms,
                                  double d_nn_px) {
  return WeightedMeans(image, atoms, kWeightSigma * d_nn_px, kBrightnessEdge * d_nn_px);
}

void RemoveOutliersLight(const BondGraph& graph, const std::vector<BrightnessOutlier>& outliers,
                         double sigmas, std::vector<float>& brightness) {
  const double variance =
      (kWeightSigma * kWeightSigma + kAtomSigma * kAtomSigma) * graph.d_nn_px() * graph.d_nn_px();
  for (int i = 0; i < graph.size(); ++i) {
    if (std::abs(outliers[i].sigmas) <= sigmas) continue;
    for (const Bond& bond : graph.bonds(i)) {
      const double share = std::exp(-0.5 * bond.length_px * bond.length_px / variance);
      brightness[bond.atom] -= static_cast<float>(share * outliers[i].contrast);
    }
  }
}

std::vector<BrightnessOutlier> FindBrightnessOutliers(const BondGraph& graph,
                                                      const std::vector<float>& brightness) {
  std::vector<BrightnessOutlier> outliers(graph.size());
  std::vector<float> quarter(graph.size(), -1);
  std::vector<float> typical;
  PeerFinder finder(graph);
  std::vector<float> values, distances;
  for (int i = 0; i < graph.size(); ++i) {
    if (std::isnan(brightness[i])) continue;
    const std::vector<int>& peers = finder.Of(i);
    values.clear();
    distances.clear();
    for (int peer : peers) {
      if (std::isnan(brightness[peer])) continue;
      values.push_back(brightness[peer]);
      distances.push_back(std::abs(brightness[peer] - brightness[i]));
    }
    if (static_cast<int>(values.size()) < kMinPeers) continue;
    const auto middle = values.begin() + values.size() / 2;
    std::nth_element(values.begin(), middle, values.end());
    outliers[i].contrast = brightness[i] - *middle;
    const auto nth = distances.begin() + (distances.size() - 1) / 4;
    std::nth_element(distances.begin(), nth, distances.end());
    quarter[i] = *nth;
    typical.push_back(*nth);
  }
  if (typical.empty()) return outliers;
  const auto middle = typical.begin() + typical.size() / 2;
  std::nth_element(typical.begin(), middle, typical.end());
  // A frame without any scatter still has outliers: of "infinite" significance, kept finite.
  const float scatter = std::max(*middle / kTypicalQuarter, 1e-6f);
  for (int i = 0; i < graph.size(); ++i) {
    if (quarter[i] < 0) continue;
    const float sigmas = std::min(quarter[i] / scatter + kQuarterReach, 1e6f);
    outliers[i].sigmas = std::copysign(sigmas, outliers[i].contrast);
  }
  return outliers;
}

}  // namespace atomstream
