// The report on LoG* alone: each row beside the oracle and textbook parameters, with what LoG*
// chose.
#ifndef ATOMSTREAM_TESTS_BENCH_LOG_STAR_REPORT_H_
#define ATOMSTREAM_TESTS_BENCH_LOG_STAR_REPORT_H_

#include <vector>

#include "absl/status/status.h"
#include "detectors/log_star/log_star_options.h"
#include "tests/bench/accuracy_grid.h"
#include "tests/bench/real_frames.h"

namespace atomstream::bench {

// Prints a row for each point of the grid and, as text, which rows miss an aim.
absl::Status ReportLogStar(const AccuracyGrid& grid, const LogStarOptions& options,
                           bool preprocessing_allowed, bool json);

// Prints a row for each frame and reference list. The matching radius is half the median
// nearest-neighbour distance of the reference, the border a share of that distance.
absl::Status ReportLogStarOnRealFrames(const std::vector<RealFrame>& frames,
                                       const LogStarOptions& options, double border, bool json);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_LOG_STAR_REPORT_H_
