#include "tests/bench/accuracy_row.h"

#include <set>

#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/blob/log_blobs.h"
#include "core/evaluate/matching.h"
#include "tests/bench/image_input.h"
#include "tests/bench/log_star_score.h"
#include "tests/bench/oracle.h"

namespace atomstream::bench {
namespace {

absl::StatusOr<double> TextbookF1(const AccuracyCase& c, const MatchOptions& match) {
  LogParams params;
  params.min_sigma_px = 1;
  params.max_sigma_px = 5;
  params.num_sigma = 10;
  params.threshold = 0.05;
  params.overlap = 0.5;
  ASSIGN_OR_RETURN(const std::vector<Blob> blobs,
                   DetectLogBlobs(ScaleMinMax(c.frame->image()), params));
  std::vector<PointPx> predicted;
  for (const Blob& b : blobs) predicted.push_back({b.x_px, b.y_px});
  ASSIGN_OR_RETURN(const Matching matching, MatchOneToOne(predicted, c.truth, match));
  return matching.f1;
}

std::string JoinDistinct(const std::vector<AccuracyRow>& rows, std::string AccuracyRow::*text) {
  std::set<std::string> distinct;
  for (const AccuracyRow& row : rows) {
    if (!(row.*text).empty()) distinct.insert(row.*text);
  }
  return absl::StrJoin(distinct, "+");
}

}  // namespace

absl::StatusOr<AccuracyRow> MeasureAccuracy(const AccuracyCase& c, const LogStar& log_star,
                                            double border) {
  MatchOptions match;
  match.radius_px = c.d_nn_px / 2;
  match.border_px = border * c.d_nn_px;
  match.width_px = c.frame->width();
  match.height_px = c.frame->height();

  AccuracyRow row;
  row.options = c.options;
  const OracleResult oracle = FindOracle(c.frame->image(), c.truth, c.d_nn_px, match);
  row.oracle_f1 = oracle.f1;
  row.oracle_sigma = oracle.sigma_over_d_nn;
  ASSIGN_OR_RETURN(row.textbook_f1, TextbookF1(c, match));

  ASSIGN_OR_RETURN(const LogStarScore score,
                   ScoreLogStar(*c.frame, log_star, c.truth, c.d_nn_px, match));
  row.f1 = score.matching.f1;
  row.precision = score.matching.precision;
  row.recall = score.matching.recall;
  row.rmse_px = score.matching.rmse_px;
  row.found = static_cast<double>(score.predicted.size());
  row.expected = score.lattice.expected_atoms;
  row.truth = static_cast<double>(c.truth.size());
  row.false_positives = score.matching.false_positives;
  row.in_vacuum = CountInVacuum(score.predicted, score.matching.unmatched_predicted, c.vacuum);
  row.sigma = score.sigma_over_d_nn;
  row.threshold = score.threshold;
  row.qc = score.qc;
  row.er = score.er;
  row.milliseconds = score.milliseconds;
  row.metadata_disagrees = score.lattice.metadata_disagrees ? 1 : 0;
  row.preprocessing = score.preprocessing;
  row.flags = absl::StrJoin(score.flags, "+");
  return row;
}

AccuracyRow MeanOf(const std::vector<AccuracyRow>& rows) {
  AccuracyRow mean = rows.front();
  mean.seeds = static_cast<int>(rows.size());
  for (double AccuracyRow::*field :
       {&AccuracyRow::oracle_f1, &AccuracyRow::oracle_sigma, &AccuracyRow::textbook_f1,
        &AccuracyRow::f1, &AccuracyRow::precision, &AccuracyRow::recall, &AccuracyRow::rmse_px,
        &AccuracyRow::found, &AccuracyRow::expected, &AccuracyRow::truth,
        &AccuracyRow::false_positives, &AccuracyRow::in_vacuum, &AccuracyRow::sigma,
        &AccuracyRow::threshold, &AccuracyRow::qc, &AccuracyRow::er, &AccuracyRow::milliseconds}) {
    double sum = 0;
    for (const AccuracyRow& row : rows) sum += row.*field;
    mean.*field = sum / static_cast<double>(rows.size());
  }
  mean.metadata_disagrees = 0;
  for (const AccuracyRow& row : rows) mean.metadata_disagrees += row.metadata_disagrees;
  mean.preprocessing = JoinDistinct(rows, &AccuracyRow::preprocessing);
  mean.flags = JoinDistinct(rows, &AccuracyRow::flags);
  return mean;
}

}  // namespace atomstream::bench
