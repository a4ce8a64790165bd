#include "tests/bench/log_star_score.h"

#include <chrono>

#include "core/base/executor.h"
#include "core/base/status_macros.h"
#include "core/image/preprocess.h"

namespace atomstream::bench {

absl::StatusOr<LogStarScore> ScoreLogStar(const Frame& frame, const LogStar& log_star,
                                          const std::vector<PointPx>& truth, double d_nn_px,
                                          const MatchOptions& match) {
  InlineExecutor executor;
  const auto start = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(LogStarResult result, log_star.Detect(frame, nullptr, executor));
  LogStarScore score;
  score.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  for (const Atom& atom : result.atoms) score.predicted.push_back({atom.x_px, atom.y_px});
  ASSIGN_OR_RETURN(score.matching, MatchOneToOne(score.predicted, truth, match));
  if (result.chosen >= 0) {
    const FrontPoint& point = result.front[result.chosen];
    score.sigma_over_d_nn = (point.params.min_sigma_px + point.params.max_sigma_px) / 2 / d_nn_px;
    score.threshold = point.params.threshold;
    score.preprocessing = std::string(PreprocessingName(point.params.preprocessing));
    score.qc = point.qc;
    score.er = point.er;
  }
  score.lattice = result.lattice;
  score.chosen_by = result.chosen_by;
  score.flags = result.flags;
  score.evaluations = result.evaluations;
  score.hypervolume = result.hypervolume;
  return score;
}

}  // namespace atomstream::bench
