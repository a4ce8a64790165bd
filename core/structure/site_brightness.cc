#include "core/structure/site_brightness.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "core/structure/small_rank.h"

namespace atomstream {
namespace {

// Of d_NN: the weight, and an atom in HAADF frames.
constexpr double kWeightSigma = 0.28;
constexpr double kAtomSigma = 0.3;
constexpr double kReach = 3;  // standard deviations of the weight
// Bonds lie evenly around an atom if the middle of their other ends is this near, d_NN. With three
// of them and places that are all as uncertain as each other, this share of the way is the best.
constexpr double kEven = 0.3;
constexpr int kLeastBonds = 3;
constexpr double kMiddleShare = 0.75;
// For a normal distribution: the median, over its members, of the distance within which a quarter
// of it lies, and the quarter's own reach; both in standard deviations (numerical integration).
constexpr float kTypicalQuarter = 0.396f;
constexpr float kQuarterReach = 0.674f;

// Atoms that stand in for peers: so many, from so far, d_NN.
constexpr size_t kStandIns = 24;
constexpr double kStandInReach = 4;
// Of the frame's scatter. Eighteen peers of one kind spread by 0.6 to 1.5 of it; those of two
// sublattices that can be told apart, by more.
constexpr float kAlike = 1.75f;
constexpr float kMadToSigma = 1.4826f;
// Standard deviations below which nobody asks.
constexpr float kWorthALook = 2;

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

// For questions of this reach. Its memory is bounded however short that is.
PointGrid GridOf(const std::vector<Atom>& atoms, double reach_px) {
  constexpr double kMostCellsASide = 1024;
  double side = 1;
  for (const Atom& atom : atoms) side = std::max({side, double{atom.x_px}, double{atom.y_px}});
  PointGrid grid(side, side, std::max(reach_px, side / kMostCellsASide));
  for (const Atom& atom : atoms) grid.Add(atom.x_px, atom.y_px);
  return grid;
}

}  // namespace

std::vector<Atom> SteadyPlaces(const BondGraph& graph, const std::vector<Atom>& atoms) {
  std::vector<Atom> places = atoms;
  const double reach = kEven * graph.d_nn_px();
  for (int i = 0; i < graph.size(); ++i) {
    const int bonds = graph.coordination(i);
    if (bonds < kLeastBonds) continue;
    double x = 0, y = 0;
    for (const Bond& bond : graph.bonds(i)) {
      x += (atoms[bond.atom].x_px - atoms[i].x_px) / bonds;
      y += (atoms[bond.atom].y_px - atoms[i].y_px) / bonds;
    }
    if (std::hypot(x, y) > reach) continue;
    places[i].x_px += static_cast<float>(kMiddleShare * x);
    places[i].y_px += static_cast<float>(kMiddleShare * y);
  }
  return places;
}

std::vector<float> SiteBrightness(const Image& image, const std::vector<Atom>& atoms,
                                  double d_nn_px) {
  return WeightedMeans(image, atoms, kWeightSigma * d_nn_px, kBrightnessEdge * d_nn_px);
}

SublatticeComparison::SublatticeComparison(const BondGraph& graph, const std::vector<Atom>& atoms,
                                           std::vector<float> brightness)
    : brightness_(std::move(brightness)), quarter_(graph.size(), -1), outliers_(graph.size()) {
  FindPeers(graph, atoms);
  for (int atom = 0; atom < graph.size(); ++atom) Compare(atom);
  JudgeByScatter();
}

void SublatticeComparison::FindPeers(const BondGraph& graph, const std::vector<Atom>& atoms) {
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
  std::optional<PointGrid> grid;  // made for the first atom that asks
  first_.push_back(0);
  for (int atom = 0; atom < graph.size(); ++atom) {
    seen[atom] = atom;
    add_two_bonds_from(atom, atom);
    const size_t first_shell_end = peers_.size();
    for (size_t i = first_.back(); i < first_shell_end; ++i) add_two_bonds_from(peers_[i], atom);
    if (peers_.size() < static_cast<size_t>(first_.back() + kMinPeers) && graph.d_nn_px() > 0) {
      const double reach_px = kStandInReach * graph.d_nn_px();
      if (!grid) grid.emplace(GridOf(atoms, reach_px));
      peers_.resize(first_.back());
      AddNearest(*grid, atoms, atom, reach_px);
      stood_in_for_.push_back(atom);
    }
    first_.push_back(static_cast<int>(peers_.size()));
  }
}

void SublatticeComparison::AddNearest(const PointGrid& grid, const std::vector<Atom>& atoms,
                                      int atom, double reach_px) {
  const size_t first = peers_.size();
  const auto square = [&](int other) {
    const float x = atoms[other].x_px - atoms[atom].x_px, y = atoms[other].y_px - atoms[atom].y_px;
    return x * x + y * y;
  };
  grid.ForEachWithin(atoms[atom].x_px, atoms[atom].y_px, reach_px, [&](int other, float) {
    if (other != atom) peers_.push_back(other);
    return true;
  });
  // Which of several that are equally far stand in must not depend on the grid.
  std::sort(peers_.begin() + static_cast<std::ptrdiff_t>(first), peers_.end());
  if (peers_.size() <= first + kStandIns) return;
  std::nth_element(peers_.begin() + first, peers_.begin() + first + kStandIns, peers_.end(),
                   [&](int a, int b) { return square(a) < square(b); });
  peers_.resize(first + kStandIns);
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
  const int count = static_cast<int>(values_.size());
  outliers_[atom].contrast = own - ValueAtRank(values_, count / 2);
  quarter_[atom] = ValueAtRank(distances_, (count - 1) / 4);
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
  std::vector<float>& contrasts = typical;
  contrasts.clear();
  for (size_t i = 0; i < quarter_.size(); ++i) {
    if (quarter_[i] >= 0) contrasts.push_back(std::abs(outliers_[i].contrast));
  }
  const auto middle_contrast = contrasts.begin() + contrasts.size() / 2;
  std::nth_element(contrasts.begin(), middle_contrast, contrasts.end());
  const float contrast_scatter = std::max(kMadToSigma * *middle_contrast, 1e-6f);
  for (int i = 0; i < static_cast<int>(quarter_.size()); ++i) {
    if (quarter_[i] < 0) continue;
    float sigmas = quarter_[i] / scatter + kQuarterReach;
    // Among peers that are all alike the distance to their median is the steadier measure.
    if (sigmas > kWorthALook && PeerSpread(i) < kAlike * scatter) {
      sigmas = std::abs(outliers_[i].contrast) / contrast_scatter;
    }
    outliers_[i].sigmas = std::copysign(std::min(sigmas, 1e6f), outliers_[i].contrast);
  }
}

float SublatticeComparison::PeerSpread(int atom) {
  const float median = brightness_[atom] - outliers_[atom].contrast;
  distances_.clear();
  for (const int peer : Peers(atom)) {
    if (!std::isnan(brightness_[peer])) distances_.push_back(std::abs(brightness_[peer] - median));
  }
  return kMadToSigma * ValueAtRank(distances_, static_cast<int>(distances_.size()) / 2);
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
  for (const int atom : stood_in_for_) again[atom] = true;
  for (int i = 0; i < graph.size(); ++i) {
    if (again[i]) Compare(i);
  }
  JudgeByScatter();
}

}  // namespace atomstream
