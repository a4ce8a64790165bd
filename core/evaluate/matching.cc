#include "core/evaluate/matching.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/evaluate/point_index.h"

namespace atomstream {
namespace {

absl::Status CheckPoints(absl::string_view list, const std::vector<PointPx>& points) {
  for (size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points[i].x_px) || !std::isfinite(points[i].y_px)) {
      return absl::InvalidArgumentError(absl::StrCat(list, "[", i, "] = (", points[i].x_px, ", ",
                                                     points[i].y_px, "): must be finite"));
    }
  }
  return absl::OkStatus();
}

absl::Status Validate(const MatchOptions& options) {
  if (!(options.radius_px > 0) || !std::isfinite(options.radius_px)) {
    return absl::InvalidArgumentError(
        absl::StrCat("radius_px = ", options.radius_px, ": must be positive and finite"));
  }
  if (!(options.border_px >= 0) || !std::isfinite(options.border_px)) {
    return absl::InvalidArgumentError(
        absl::StrCat("border_px = ", options.border_px, ": must not be negative"));
  }
  if (options.border_px > 0 && (options.width_px <= 0 || options.height_px <= 0)) {
    return absl::InvalidArgumentError(absl::StrCat("width_px = ", options.width_px,
                                                   ", height_px = ", options.height_px,
                                                   ": border_px needs the frame's size"));
  }
  return absl::OkStatus();
}

struct Candidate {
  double squared_distance;
  int truth;
  int predicted;

  bool operator<(const Candidate& other) const {
    return std::tie(squared_distance, truth, predicted) <
           std::tie(other.squared_distance, other.truth, other.predicted);
  }
};

double Ratio(int part, int whole, bool perfect) {
  if (whole == 0) return perfect ? 1 : 0;
  return static_cast<double>(part) / whole;
}

}  // namespace

bool IsCounted(const PointPx& p, const MatchOptions& o) {
  if (o.border_px == 0) return true;
  // The frame reaches half a pixel beyond the outer pixels' centres.
  return p.x_px >= o.border_px - 0.5 && p.x_px <= o.width_px - 0.5 - o.border_px &&
         p.y_px >= o.border_px - 0.5 && p.y_px <= o.height_px - 0.5 - o.border_px;
}

absl::StatusOr<Matching> MatchOneToOne(const std::vector<PointPx>& predicted,
                                       const std::vector<PointPx>& truth,
                                       const MatchOptions& options) {
  RETURN_IF_ERROR(Validate(options));
  RETURN_IF_ERROR(CheckPoints("predicted", predicted));
  RETURN_IF_ERROR(CheckPoints("truth", truth));

  std::vector<Candidate> candidates;
  const PointIndex grid(truth, options.radius_px);
  for (size_t i = 0; i < predicted.size(); ++i) {
    grid.ForEachWithin(predicted[i], options.radius_px, [&](int index, double squared) {
      candidates.push_back({squared, index, static_cast<int>(i)});
    });
  }
  std::sort(candidates.begin(), candidates.end());

  Matching matching;
  std::vector<bool> predicted_used(predicted.size());
  std::vector<bool> truth_used(truth.size());
  double squares = 0;
  for (const Candidate& c : candidates) {
    if (predicted_used[c.predicted] || truth_used[c.truth]) continue;
    predicted_used[c.predicted] = true;
    truth_used[c.truth] = true;
    if (!IsCounted(truth[c.truth], options)) continue;
    matching.pairs.push_back({c.predicted, c.truth, std::sqrt(c.squared_distance)});
    squares += c.squared_distance;
  }
  for (size_t i = 0; i < predicted.size(); ++i) {
    if (!predicted_used[i] && IsCounted(predicted[i], options)) {
      matching.unmatched_predicted.push_back(static_cast<int>(i));
    }
  }
  for (size_t i = 0; i < truth.size(); ++i) {
    if (!truth_used[i] && IsCounted(truth[i], options)) {
      matching.unmatched_truth.push_back(static_cast<int>(i));
    }
  }

  const int tp = matching.true_positives = static_cast<int>(matching.pairs.size());
  const int fp = matching.false_positives = static_cast<int>(matching.unmatched_predicted.size());
  const int fn = matching.false_negatives = static_cast<int>(matching.unmatched_truth.size());
  const bool perfect = tp + fp + fn == 0;
  matching.precision = Ratio(tp, tp + fp, perfect);
  matching.recall = Ratio(tp, tp + fn, perfect);
  matching.f1 = Ratio(2 * tp, 2 * tp + fp + fn, perfect);
  matching.rmse_px = tp == 0 ? 0 : std::sqrt(squares / tp);
  return matching;
}

}  // namespace atomstream
