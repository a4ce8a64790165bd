#include "server/frame_scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/status_macros.h"
#include "core/evaluate/matching.h"

namespace atomstream {
namespace {

// Enough for a median that is stable to well under a percent, and quick for any number of atoms.
constexpr size_t kSamples = 200;

double MedianNearestNeighbour(const std::vector<PointPx>& points) {
  const size_t step = std::max<size_t>(1, points.size() / kSamples);
  std::vector<double> squared;
  for (size_t i = 0; i < points.size(); i += step) {
    double nearest = std::numeric_limits<double>::infinity();
    for (size_t j = 0; j < points.size(); ++j) {
      if (j == i) continue;
      const double dx = points[i].x_px - points[j].x_px;
      const double dy = points[i].y_px - points[j].y_px;
      nearest = std::min(nearest, dx * dx + dy * dy);
    }
    squared.push_back(nearest);
  }
  const auto middle = squared.begin() + squared.size() / 2;
  std::nth_element(squared.begin(), middle, squared.end());
  return std::sqrt(*middle);
}

}  // namespace

absl::StatusOr<EvaluationRecord> ScoreAtoms(const std::vector<Atom>& atoms,
                                            const std::vector<PointPx>& truth) {
  if (truth.size() < 2) {
    return absl::FailedPreconditionError("scoring needs at least two true positions");
  }
  std::vector<PointPx> found(atoms.size());
  std::transform(atoms.begin(), atoms.end(), found.begin(), [](const Atom& atom) {
    return PointPx{atom.x_px, atom.y_px};
  });
  MatchOptions options;
  options.radius_px = MedianNearestNeighbour(truth) / 2;
  ASSIGN_OR_RETURN(const Matching matching, MatchOneToOne(found, truth, options));
  EvaluationRecord record;
  record.match_radius_px = options.radius_px;
  record.true_positives = matching.true_positives;
  record.false_positives = matching.false_positives;
  record.false_negatives = matching.false_negatives;
  record.f1 = matching.f1;
  record.rmse_px = matching.rmse_px;
  return record;
}

}  // namespace atomstream
