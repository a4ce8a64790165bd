// ComparisonRow: one line of the comparison of detectors: how one of them did on frames that differ
// in their seed only. Plain data and pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_COMPARISON_ROW_H_
#define ATOMSTREAM_TESTS_BENCH_COMPARISON_ROW_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/evaluate/matching.h"
#include "tests/bench/accuracy_case.h"
#include "tests/bench/statistics.h"
#include "tests/bench/tested_detector.h"

namespace atomstream::bench {

// The paper's way to count, for comparison with it: several predictions on one atom are several
// hits.
struct OneSidedCounts {
  int true_positives = 0;   // predictions within the radius of any true atom
  int false_positives = 0;  // the other predictions
  int false_negatives = 0;  // true atoms with no prediction within the radius
};

// One detection held against the truth.
struct DetectionScore {
  Matching matching;
  OneSidedCounts one_sided;  // border left out as in `matching`
  double in_vacuum = 0;      // false positives in vacuum; 0 where none is known
  double truth = 0;          // atoms in the frame
  double found = 0;
};

// `vacuum` may be empty: not known.
absl::StatusOr<DetectionScore> ScoreDetection(const std::vector<PointPx>& atoms,
                                              const std::vector<PointPx>& truth,
                                              const cv::Mat_<uint8_t>& vacuum,
                                              const MatchOptions& match);

struct CountStatistics {
  Statistic true_positives, false_positives, false_negatives;
};

struct ComparisonRow {
  AccuracyCaseOptions options;  // of the first seed
  std::string detector;
  int seeds = 0;
  CountStatistics counts, one_sided;
  // The same per atom that was scored, seed by seed: specimens differ in size.
  CountStatistics count_shares, one_sided_shares;
  Statistic precision, recall, f1;
  Statistic vacuum_share;  // false positives in vacuum, per true atom of the frame
  Statistic rmse_px;
  Statistic truth, found;
  Statistic milliseconds;
  std::string device, model, flags;  // joined by "+" where seeds differ
};

// `scores` and `detections` are of the seeds, in the same order; not empty.
ComparisonRow SummariseSeeds(const AccuracyCaseOptions& options, const std::string& detector,
                             const std::vector<DetectionScore>& scores,
                             const std::vector<Detection>& detections);

// Matching within half a nearest-neighbour distance; atoms nearer to the frame's edge than `border`
// of that distance are nobody's merit.
MatchOptions MatchOptionsFor(double d_nn_px, double border, const Frame& frame);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_COMPARISON_ROW_H_
