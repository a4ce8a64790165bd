#include "detectors/unet/probability_atoms.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/evaluate/point_index.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

// Lower bumps than this are no candidates, whatever their mass: the network's floor of noise.
constexpr float kFloor = 0.03f;
// A bump is measured within this distance of its centre, of d_NN: most of it, little of the next.
constexpr double kReach = 0.42;
// Moves of the centroid that bring it to rest within a hundredth of a pixel.
constexpr int kCentroidSteps = 3;

// Of a plateau (saturated probabilities are equal) the first pixel in reading order counts.
bool IsLocalMaximum(const Image& map, int x, int y) {
  const float value = map(y, x);
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      const int nx = x + dx, ny = y + dy;
      if ((dx == 0 && dy == 0) || nx < 0 || ny < 0 || nx >= map.cols || ny >= map.rows) continue;
      const bool before = dy < 0 || (dy == 0 && dx < 0);
      if (before ? map(ny, nx) >= value : map(ny, nx) > value) return false;
    }
  }
  return true;
}

struct Moments {
  double mass = 0, x = 0, y = 0;
  double square_radius = 0;  // mean
};

// How far a disk around `centre` reaches along a side without leaving it.
double ReachWithin(double centre, int side, double reach) {
  return std::max(0.5, std::min({reach, centre + 0.5, side - 0.5 - centre}));
}

// Of the map within `reach_x` and `reach_y` of a centre; the ellipse's edge is soft over one pixel,
// so that the moments move smoothly with the centre.
Moments Measure(const Image& map, double centre_x, double centre_y, double reach_x,
                double reach_y) {
  Moments m;
  const int left = std::max(0, static_cast<int>(std::floor(centre_x - reach_x)));
  const int right = std::min(map.cols - 1, static_cast<int>(std::ceil(centre_x + reach_x)));
  const int top = std::max(0, static_cast<int>(std::floor(centre_y - reach_y)));
  const int bottom = std::min(map.rows - 1, static_cast<int>(std::ceil(centre_y + reach_y)));
  const double reach = std::min(reach_x, reach_y);
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const double dx = x - centre_x, dy = y - centre_y;
      const double stretched = std::hypot(dx / reach_x, dy / reach_y) * reach;
      const double weight = std::clamp(reach + 0.5 - stretched, 0.0, 1.0) * map(y, x);
      m.mass += weight;
      m.x += weight * x;
      m.y += weight * y;
      m.square_radius += weight * (dx * dx + dy * dy);
    }
  }
  if (m.mass > 0) {
    m.x /= m.mass;
    m.y /= m.mass;
    m.square_radius /= m.mass;
  }
  return m;
}

// Share of a Gaussian's mass that lies on the map, if it is centred at `centre` on the map.
double ShareOnMap(double centre, int side, double sigma) {
  const auto below = [&](double edge) {
    return 0.5 * std::erfc((centre - edge) / (std::numbers::sqrt2 * sigma));
  };
  return below(side - 0.5) - below(-0.5);
}

ProbabilityAtom MeasureAtom(const Image& map, const Image& variance, int x, int y,
                            const ProbabilityAtomOptions& options) {
  const double reach = std::max(1.0, kReach * options.d_nn_px);
  ProbabilityAtom atom;
  // Near an edge as far on either side as the map goes: half a bump's centroid lies inwards.
  double centre_x = x, centre_y = y;
  for (int i = 0; i <= kCentroidSteps; ++i) {
    const Moments near = Measure(map, centre_x, centre_y, ReachWithin(centre_x, map.cols, reach),
                                 ReachWithin(centre_y, map.rows, reach));
    centre_x = near.x;
    centre_y = near.y;
  }
  const Moments m = Measure(map, centre_x, centre_y, reach, reach);
  atom.x_px = centre_x;
  atom.y_px = centre_y;
  atom.sigma_px = static_cast<float>(std::sqrt(m.square_radius / 2));
  if (options.atom_area_px2 > 0) {
    // What a sure atom's bump, a Gaussian of that area, has within reach and on the map.
    const double sigma = std::sqrt(options.atom_area_px2 / (2 * std::numbers::pi));
    const double reachable =
        options.atom_area_px2 *
        (1 - std::exp(-std::numbers::pi * reach * reach / options.atom_area_px2)) *
        ShareOnMap(centre_x, map.cols, sigma) * ShareOnMap(centre_y, map.rows, sigma);
    atom.confidence = static_cast<float>(std::min(1.0, m.mass / reachable));
  } else {
    atom.confidence = std::min(1.0f, map(y, x));  // blended tiles may round to a bit above 1
  }
  if (!variance.empty()) atom.spread = std::sqrt(std::max(0.0f, variance(y, x)));
  return atom;
}

// Surest first; of two that are closer than the spacing the surer one stays.
std::vector<ProbabilityAtom> KeepSpaced(std::vector<ProbabilityAtom> atoms, double min_spacing) {
  std::stable_sort(atoms.begin(), atoms.end(),
                   [](const ProbabilityAtom& a, const ProbabilityAtom& b) {
                     return a.confidence > b.confidence;
                   });
  if (!(min_spacing > 0) || atoms.empty()) return atoms;
  std::vector<PointPx> points;
  for (const ProbabilityAtom& atom : atoms) points.push_back({atom.x_px, atom.y_px});
  const PointIndex index(std::move(points), min_spacing);
  std::vector<bool> dropped(atoms.size(), false);
  std::vector<ProbabilityAtom> kept;
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (dropped[i]) continue;
    kept.push_back(atoms[i]);
    index.ForEachWithin({atoms[i].x_px, atoms[i].y_px}, min_spacing, [&](int other, double) {
      if (static_cast<size_t>(other) > i) dropped[other] = true;
    });
  }
  return kept;
}

// How many of the surest atoms to take for the greatest expected F1, when `there` atoms are
// expected in all.
size_t BestCount(const std::vector<ProbabilityAtom>& atoms, double there) {
  size_t best = 0;
  double best_f1 = 0, hits = 0;
  for (size_t i = 0; i < atoms.size(); ++i) {
    hits += atoms[i].confidence;
    const double f1 = 2 * hits / (static_cast<double>(i + 1) + there);
    if (f1 <= best_f1) continue;
    best_f1 = f1;
    best = i + 1;
  }
  return best;
}

}  // namespace

std::vector<ProbabilityAtom> FindProbabilityAtoms(const Image& probability, const Image& variance,
                                                  const ProbabilityAtomOptions& options) {
  const bool by_height = options.atom_area_px2 <= 0;
  const float floor = by_height ? static_cast<float>(options.threshold) : kFloor;
  std::vector<ProbabilityAtom> atoms;
  for (int y = 0; y < probability.rows; ++y) {
    for (int x = 0; x < probability.cols; ++x) {
      if (probability(y, x) < floor || !IsLocalMaximum(probability, x, y)) continue;
      atoms.push_back(MeasureAtom(probability, variance, x, y, options));
    }
  }
  atoms = KeepSpaced(std::move(atoms), options.min_spacing_px);
  if (options.threshold > 0) {
    const auto sure = [&](const ProbabilityAtom& atom) {
      return atom.confidence >= options.threshold;
    };
    atoms.erase(std::find_if_not(atoms.begin(), atoms.end(), sure), atoms.end());
  } else {
    atoms.resize(BestCount(atoms, cv::sum(probability)[0] / options.atom_area_px2));
  }
  return atoms;
}

double ExpectedF1(const std::vector<ProbabilityAtom>& atoms, const Image& probability,
                  double atom_area_px2) {
  const double there = cv::sum(probability)[0] / atom_area_px2;
  double hits = 0;
  for (const ProbabilityAtom& atom : atoms) hits += atom.confidence;
  const double sum = static_cast<double>(atoms.size()) + there;
  return sum > 0 ? 2 * hits / sum : 0;
}

}  // namespace atomstream
