#include "core/structure/site_brightness.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

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

SublatticeComparison::SublatticeComparison(const BondGraph& graph, std::vector<float> brightness)
    : brightness_(std::move(brightness)), quarter_(graph.size(), -1), outliers_(graph.size()) {
  std::vector<int> seen(graph.size(), -1);  // by atom: for whom it was last counted
  const auto add_two_bonds_from = [&](int from, int atom) {
    for (const Bond& one : graph.bonds(from)) {
      for (const Bond& two : graph.bonds(one.atom)) {
        if (seen[two.atom] == atom) continue;
        seen[two.atom] = atom;
        peers_.push_back(two.atom);
      }
    }
  };
  first_.push_back(0);
  for (int atom = 0; atom < graph.size(); ++atom) {
    seen[atom] = atom;
    add_two_bonds_from(atom, atom);
    const size_t first_shell_end = peers_.size();
    for (size_t i = first_.back(); i < first_shell_end; ++i) add_two_bonds_from(peers_[i], atom);
    first_.push_back(static_cast<int>(peers_.size()));
  }
  for (int atom = 0; atom < graph.size(); ++atom) Compare(atom);
  JudgeByScatter();
}

void SublatticeComparison::Compare(int atom) {
  const float own = brightness_[atom];
  if (std::isnan(own)) return;
  values_.clear();
  distances_.clear();
  for (const int peer : Peers(atom)) {
    const float value = brightness_[peer];
    if (std::isnan(value)) continue;
    values_.push_back(value);
    distances_.push_back(std::abs(value - own));
  }
  if (static_cast<int>(values_.size()) < kMinPeers) return;
  const auto middle = values_.begin() + values_.size() / 2;
  std::nth_element(values_.begin(), middle, values_.end());
  outliers_[atom].contrast = own - *middle;
  const auto nth = distances_.begin() + (distances_.size() - 1) / 4;
  std::nth_element(distances_.begin(), nth, distances_.end());
  quarter_[atom] = *nth;
}

void SublatticeComparison::JudgeByScatter() {
  std::vector<float> typical;
  std::copy_if(quarter_.begin(), quarter_.end(), std::back_inserter(typical),
               [](float distance) { return distance >= 0; });
  if (typical.empty()) return;
  const auto middle = typical.begin() + typical.size() / 2;
  std::nth_element(typical.begin(), middle, typical.end());
  // A frame without any scatter still has outliers: of "infinite" significance, kept finite.
  const float scatter = std::max(*middle / kTypicalQuarter, 1e-6f);
  for (size_t i = 0; i < quarter_.size(); ++i) {
    if (quarter_[i] < 0) continue;
    const float sigmas = std::min(quarter_[i] / scatter + kQuarterReach, 1e6f);
    outliers_[i].sigmas = std::copysign(sigmas, outliers_[i].contrast);
  }
}

void SublatticeComparison::RemoveOutliersLight(const BondGraph& graph, double sigmas) {
  const double variance =
      (kWeightSigma * kWeightSigma + kAtomSigma * kAtomSigma) * graph.d_nn_px() * graph.d_nn_px();
  // Whom it concerns: the neighbours of outliers, and those that are held against them. Peers are
  // mutual.
  std::vector<bool> again(graph.size(), false);
  for (int i = 0; i < graph.size(); ++i) {
    if (std::abs(outliers_[i].sigmas) <= sigmas) continue;
    for (const Bond& bond : graph.bonds(i)) {
      const double share = std::exp(-0.5 * bond.length_px * bond.length_px / variance);
      brightness_[bond.atom] -= static_cast<float>(share * outliers_[i].contrast);
      again[bond.atom] = true;
      for (const int peer : Peers(bond.atom)) again[peer] = true;
    }
  }
  for (int i = 0; i < graph.size(); ++i) {
    if (again[i]) Compare(i);
  }
  JudgeByScatter();
}

}  // namespace atomstream
