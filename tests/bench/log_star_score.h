// LogStarScore: one LoG* detection held against known positions.
#ifndef ATOMSTREAM_TESTS_BENCH_LOG_STAR_SCORE_H_
#define ATOMSTREAM_TESTS_BENCH_LOG_STAR_SCORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/evaluate/matching.h"
#include "core/image/frame.h"
#include "detectors/log_star/log_star.h"

namespace atomstream::bench {

struct LogStarScore {
  Matching matching;
  std::vector<PointPx> predicted;
  double sigma_over_d_nn = 0;  // middle of the chosen range of scales; 0: nothing chosen
  double threshold = 0;
  std::string preprocessing;
  double qc = 0;
  double er = 0;
  LatticeSummary lattice;
  std::string chosen_by;
  std::vector<std::string> flags;
  int evaluations = 0;
  double hypervolume = 0;
  double milliseconds = 0;
};

// Cold start, on the calling thread alone. `d_nn_px` is the true one, for sigma_over_d_nn.
absl::StatusOr<LogStarScore> ScoreLogStar(const Frame& frame, const LogStar& log_star,
                                          const std::vector<PointPx>& truth, double d_nn_px,
                                          const MatchOptions& match);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_LOG_STAR_SCORE_H_
