#include "tests/bench/comparison_row.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/evaluate/point_index.h"

namespace atomstream::bench {
namespace {

// The paper's counts, over the positions that count by themselves. All positions may be what
// another is near to: a prediction inside the border may belong to an atom beyond it.
OneSidedCounts CountInside(const std::vector<PointPx>& predicted, const std::vector<PointPx>& truth,
                           const MatchOptions& match) {
  const auto count_near = [&](const std::vector<PointPx>& of, const std::vector<PointPx>& to,
                              int& near, int& far) {
    const PointIndex index(to, match.radius_px);
    for (const PointPx& p : of) {
      if (!IsCounted(p, match)) continue;
      bool is_near = false;
      index.ForEachWithin(p, match.radius_px, [&](int, double) { is_near = true; });
      ++(is_near ? near : far);
    }
  };
  OneSidedCounts counts;
  int found = 0;
  count_near(predicted, truth, counts.true_positives, counts.false_positives);
  count_near(truth, predicted, found, counts.false_negatives);
  return counts;
}

template <typename Item, typename Value>
Statistic Over(const std::vector<Item>& items, Value value) {
  std::vector<double> values;
  values.reserve(items.size());
  for (const Item& item : items) values.push_back(static_cast<double>(value(item)));
  return StatisticOf(values);
}

// Of a Matching or OneSidedCounts, each divided by `unit` of its seed.
template <typename Counts, typename Unit>
CountStatistics CountsOver(const std::vector<DetectionScore>& scores,
                           Counts DetectionScore::*counts, Unit unit) {
  const auto over = [&](int Counts::*count) {
    return Over(scores, [&](const DetectionScore& s) {
      return (s.*counts).*count / static_cast<double>(unit(s));
    });
  };
  return {over(&Counts::true_positives), over(&Counts::false_positives),
          over(&Counts::false_negatives)};
}

template <typename Value>
std::string JoinDistinct(const std::vector<Detection>& detections, Value value) {
  std::set<std::string> distinct;
  for (const Detection& d : detections) {
    const std::string text = value(d);
    if (!text.empty()) distinct.insert(text);
  }
  return absl::StrJoin(distinct, "+");
}

}  // namespace

absl::StatusOr<DetectionScore> ScoreDetection(const std::vector<PointPx>& atoms,
                                              const std::vector<PointPx>& truth,
                                              const cv::Mat_<uint8_t>& vacuum,
                                              const MatchOptions& match) {
  DetectionScore score;
  // Also checks the positions and the options.
  ASSIGN_OR_RETURN(score.matching, MatchOneToOne(atoms, truth, match));
  score.one_sided = CountInside(atoms, truth, match);
  if (!vacuum.empty()) {
    score.in_vacuum = CountInVacuum(atoms, score.matching.unmatched_predicted, vacuum);
  }
  score.truth = static_cast<double>(truth.size());
  score.found = static_cast<double>(atoms.size());
  return score;
}

ComparisonRow SummariseSeeds(const AccuracyCaseOptions& options, const std::string& detector,
                             const std::vector<DetectionScore>& scores,
                             const std::vector<Detection>& detections) {
  using Score = const DetectionScore&;
  ComparisonRow row;
  row.options = options;
  row.detector = detector;
  row.seeds = static_cast<int>(scores.size());
  const auto unit = [](Score) { return 1.0; };
  const auto scored = [](Score s) {
    return std::max(1, s.matching.true_positives + s.matching.false_negatives);
  };
  row.counts = CountsOver(scores, &DetectionScore::matching, unit);
  row.one_sided = CountsOver(scores, &DetectionScore::one_sided, unit);
  row.count_shares = CountsOver(scores, &DetectionScore::matching, scored);
  row.one_sided_shares = CountsOver(scores, &DetectionScore::one_sided, scored);
  row.precision = Over(scores, [](Score s) { return s.matching.precision; });
  row.recall = Over(scores, [](Score s) { return s.matching.recall; });
  row.f1 = Over(scores, [](Score s) { return s.matching.f1; });
  row.vacuum_share =
      Over(scores, [](Score s) { return s.truth > 0 ? s.in_vacuum / s.truth : s.in_vacuum; });
  row.rmse_px = Over(scores, [](Score s) { return s.matching.rmse_px; });
  row.truth = Over(scores, [](Score s) { return s.truth; });
  row.found = Over(scores, [](Score s) { return s.found; });
  row.milliseconds = Over(detections, [](const Detection& d) { return d.milliseconds; });
  row.device = JoinDistinct(detections, [](const Detection& d) { return d.device; });
  row.model = JoinDistinct(detections, [](const Detection& d) { return d.model; });
  row.flags =
      JoinDistinct(detections, [](const Detection& d) { return absl::StrJoin(d.flags, "+"); });
  return row;
}

MatchOptions MatchOptionsFor(double d_nn_px, double border, const Frame& frame) {
  MatchOptions match;
  match.radius_px = d_nn_px / 2;
  match.border_px = border * d_nn_px;
  match.width_px = frame.width();
  match.height_px = frame.height();
  return match;
}

}  // namespace atomstream::bench
