#include "core/structure/bond_graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/structure/point_grid.h"

namespace atomstream {
namespace {

// The histogram of distances, in d_NN.
constexpr double kBinWidth = 0.02;
constexpr int kBins = 100;              // up to 2 d_NN
constexpr double kFirstPeakLow = 0.7;   // where the first shell is looked for: d_NN may be off by
constexpr double kFirstPeakHigh = 1.3;  // as much as metadata are
constexpr int kMinPairs = 30;
constexpr double kGapHeight = 0.15;  // of the first peak: below it is the gap between shells
// Of half the bond's length: an atom nearer to the bond's middle lies between its ends. Less than
// 1, so that four atoms in a square, all on one circle, do not depend on rounding.
constexpr double kBetween = 0.95;

absl::Status Validate(const std::vector<Atom>& atoms, double d_nn_px, const BondOptions& options) {
  if (!(d_nn_px >= 0) || !std::isfinite(d_nn_px)) {
    return absl::InvalidArgumentError(absl::StrCat("d_nn_px = ", d_nn_px, ": must be >= 0"));
  }
  const double cutoff = options.cutoff_d_nn.value_or(BondGraph::kDefaultCutoff);
  if (!(cutoff > 0.5 && cutoff <= 2)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cutoff_d_nn = ", cutoff, ": must be in (0.5, 2]"));
  }
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (!std::isfinite(atoms[i].x_px) || !std::isfinite(atoms[i].y_px)) {
      return absl::InvalidArgumentError(absl::StrCat("atoms[", i, "] = (", atoms[i].x_px, ", ",
                                                     atoms[i].y_px, "): must be finite"));
    }
  }
  return absl::OkStatus();
}

// The rectangle that the atoms cover, and the atoms hashed into it.
struct Field {
  explicit Field(const std::vector<Atom>& atoms, double cell_px = 0) {
    double x1 = x0 = atoms[0].x_px, y1 = y0 = atoms[0].y_px;
    for (const Atom& a : atoms) {
      x0 = std::min<double>(x0, a.x_px), x1 = std::max<double>(x1, a.x_px);
      y0 = std::min<double>(y0, a.y_px), y1 = std::max<double>(y1, a.y_px);
    }
    width = x1 - x0, height = y1 - y0;
    // No more cells than atoms, however far these are spread.
    const double longest = std::max({width, height, 1e-3});
    spacing = std::max(std::sqrt(width * height / atoms.size()), longest / atoms.size());
    grid.emplace(width, height, std::max(cell_px, spacing));
    for (const Atom& a : atoms) grid->Add(a.x_px - x0, a.y_px - y0);
  }

  double x0, y0, width, height, spacing;
  std::optional<PointGrid> grid;
};

std::vector<float> NearestDistances(const std::vector<Atom>& atoms) {
  std::vector<float> nearest(atoms.size(), 0);
  if (atoms.size() < 2) return nearest;
  const Field field(atoms);
  const double farthest = std::hypot(field.width, field.height);
  for (int i = 0; i < static_cast<int>(atoms.size()); ++i) {
    float best = INFINITY;
    for (double radius = field.spacing; !(best <= radius * radius); radius *= 2) {
      field.grid->ForEachWithin(atoms[i].x_px - field.x0, atoms[i].y_px - field.y0, radius,
                                [&](int j, float square) {
                                  if (j != i) best = std::min(best, square);
                                  return true;
                                });
      if (radius > farthest) break;
    }
    nearest[i] = std::isfinite(best) ? std::sqrt(best) : 0;
  }
  return nearest;
}

float Median(std::vector<float> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The middle of the gap behind the first shell, d_NN; nullopt if none shows.
std::optional<double> GapBehindFirstShell(const std::array<int, kBins>& counts) {
  // Pairs per length grow with the circumference; a binomial window evens out the counts.
  std::array<double, kBins> density{};
  constexpr int kWindow[] = {1, 4, 6, 4, 1};
  int pairs = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    for (int k = -2; k <= 2; ++k) {
      const int other = std::clamp(bin + k, 0, kBins - 1);
      density[bin] += kWindow[k + 2] * counts[other] / ((other + 0.5) * kBinWidth);
    }
    pairs += counts[bin];
  }
  if (pairs < kMinPairs) return std::nullopt;
  const auto peak = std::max_element(density.begin() + std::lround(kFirstPeakLow / kBinWidth),
                                     density.begin() + std::lround(kFirstPeakHigh / kBinWidth));
  const auto is_gap = [&](double value) { return value <= kGapHeight * *peak; };
  const auto begin = std::find_if(peak, density.end(), is_gap);
  if (begin == density.end()) return std::nullopt;
  const auto end = std::find_if_not(begin, density.end(), is_gap);
  return 0.5 * ((begin - density.begin()) + (end - density.begin())) * kBinWidth;
}

struct Neighbour {
  int atom;
  float square;  // of the distance, px
};

using Histogram = std::array<int, kBins>;

// Who is near to whom: the neighbours of all atoms, one atom's after the other's.
class Neighbourhoods {
 public:
  // Those within the histogram's range; `histogram` counts each pair once.
  Neighbourhoods(const std::vector<Atom>& atoms, double scale_px, Histogram& histogram)
      : begin_of_(atoms.size() + 1, 0) {
    const double reach = scale_px * kBins * kBinWidth;
    const Field field(atoms, reach / 2);
    const float bins_per_px = static_cast<float>(1 / (scale_px * kBinWidth));
    for (int i = 0; i < static_cast<int>(atoms.size()); ++i) {
      field.grid->ForEachWithin(atoms[i].x_px - field.x0, atoms[i].y_px - field.y0, reach,
                                [&](int j, float square) {
                                  if (j == i) return true;
                                  neighbours_.push_back({j, square});
                                  if (j < i) return true;
                                  const int bin = static_cast<int>(std::sqrt(square) * bins_per_px);
                                  if (bin < kBins) ++histogram[bin];
                                  return true;
                                });
      begin_of_[i + 1] = static_cast<int>(neighbours_.size());
    }
  }

  // Forgets who is farther than that.
  void KeepWithin(double cutoff_px) {
    const float limit = static_cast<float>(cutoff_px * cutoff_px);
    const size_t atoms = begin_of_.size() - 1;
    int kept = 0;
    int next = 0;
    for (size_t i = 0; i < atoms; ++i) {
      const int end = begin_of_[i + 1];
      begin_of_[i] = kept;
      for (; next < end; ++next) {
        if (neighbours_[next].square <= limit) neighbours_[kept++] = neighbours_[next];
      }
    }
    begin_of_[atoms] = kept;
  }

  absl::Span<const Neighbour> Of(int atom) const {
    return absl::MakeConstSpan(neighbours_)
        .subspan(begin_of_[atom], begin_of_[atom + 1] - begin_of_[atom]);
  }

 private:
  std::vector<Neighbour> neighbours_;
  std::vector<int> begin_of_;
};

// An atom between both ends is near both, so one end's list is enough to find it; the lower index'
// list decides for both, and bonds stay mutual.
bool HasAtomBetween(const std::vector<Atom>& atoms, const Neighbourhoods& near, int atom,
                    const Neighbour& bond) {
  const int low = std::min(atom, bond.atom);
  const int high = std::max(atom, bond.atom);
  const float mx = (atoms[low].x_px + atoms[high].x_px) / 2;
  const float my = (atoms[low].y_px + atoms[high].y_px) / 2;
  const float square = bond.square * static_cast<float>(kBetween * kBetween / 4);
  const absl::Span<const Neighbour> around = near.Of(low);
  return std::any_of(around.begin(), around.end(), [&](const Neighbour& n) {
    if (n.atom == high) return false;
    const float dx = atoms[n.atom].x_px - mx;
    const float dy = atoms[n.atom].y_px - my;
    return dx * dx + dy * dy < square;
  });
}

}  // namespace

absl::StatusOr<BondGraph> BondGraph::Build(const std::vector<Atom>& atoms, double d_nn_px,
                                           const BondOptions& options) {
  RETURN_IF_ERROR(Validate(atoms, d_nn_px, options));
  BondGraph graph;
  const int count = static_cast<int>(atoms.size());
  graph.nearest_px_ = NearestDistances(atoms);
  graph.first_.assign(count + 1, 0);
  const double median = Median(graph.nearest_px_);
  // A scale far too large would make every atom everybody's neighbour.
  const double scale = d_nn_px > 0 && d_nn_px <= 3 * median ? d_nn_px : median;
  if (!(scale > 0)) return graph;

  Histogram histogram{};
  Neighbourhoods near(atoms, scale, histogram);
  double cutoff = options.cutoff_d_nn.value_or(kDefaultCutoff);
  if (!options.cutoff_d_nn.has_value()) {
    if (const std::optional<double> gap = GapBehindFirstShell(histogram)) {
      cutoff = std::clamp(*gap, kMinCutoff, kMaxCutoff);
      graph.cutoff_measured_ = true;
    }
  }
  graph.cutoff_px_ = cutoff * scale;
  near.KeepWithin(graph.cutoff_px_);

  std::vector<float> lengths;
  for (int i = 0; i < count; ++i) {
    const size_t begin = graph.bonds_.size();
    for (const Neighbour& n : near.Of(i)) {
      if (HasAtomBetween(atoms, near, i, n)) continue;
      const float dx = atoms[n.atom].x_px - atoms[i].x_px;
      const float dy = atoms[n.atom].y_px - atoms[i].y_px;
      graph.bonds_.push_back({n.atom, std::sqrt(n.square), std::atan2(dy, dx)});
      if (n.atom > i) lengths.push_back(graph.bonds_.back().length_px);
    }
    std::sort(graph.bonds_.begin() + begin, graph.bonds_.end(), [](const Bond& a, const Bond& b) {
      return a.direction_rad != b.direction_rad ? a.direction_rad < b.direction_rad
                                                : a.atom < b.atom;
    });
    graph.first_[i + 1] = static_cast<int>(graph.bonds_.size());
  }
  graph.d_nn_px_ = Median(std::move(lengths));
  return graph;
}

BondGraph BondGraph::Without(const std::vector<bool>& alone) const {
  BondGraph graph;
  graph.nearest_px_ = nearest_px_;
  graph.cutoff_px_ = cutoff_px_;
  graph.cutoff_measured_ = cutoff_measured_;
  graph.first_.reserve(first_.size());
  graph.bonds_.reserve(bonds_.size());
  std::vector<float> lengths;
  for (int i = 0; i < size(); ++i) {
    for (const Bond& bond : bonds(i)) {
      if (alone[i] || alone[bond.atom]) continue;
      graph.bonds_.push_back(bond);
      if (bond.atom > i) lengths.push_back(bond.length_px);
    }
    graph.first_.push_back(static_cast<int>(graph.bonds_.size()));
  }
  graph.d_nn_px_ = Median(std::move(lengths));
  return graph;
}

std::vector<float> BondGraph::AnglesRad(int atom) const {
  const absl::Span<const Bond> list = bonds(atom);
  std::vector<float> angles;
  if (list.size() < 2) return angles;
  for (size_t i = 0; i < list.size(); ++i) {
    const bool last = i + 1 == list.size();
    const float next =
        last ? list[0].direction_rad + 2 * std::numbers::pi_v<float> : list[i + 1].direction_rad;
    angles.push_back(next - list[i].direction_rad);
  }
  return angles;
}

}  // namespace atomstream
