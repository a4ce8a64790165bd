// AccuracyRow: one line of the accuracy report: LoG* beside the oracle and textbook blob_log on one
// simulated frame, or the mean over several seeds. Plain data and pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_ACCURACY_ROW_H_
#define ATOMSTREAM_TESTS_BENCH_ACCURACY_ROW_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "detectors/log_star/log_star.h"
#include "tests/bench/accuracy_case.h"

namespace atomstream::bench {

struct AccuracyRow {
  AccuracyCaseOptions options;  // of the first seed
  int seeds = 1;
  double oracle_f1 = 0;
  double oracle_sigma = 0;  // of d_NN
  double textbook_f1 = 0;   // blob_log: sigma 1-5 px, 10 levels, threshold 0.05, overlap 0.5
  double f1 = 0;            // of LoG*, as all that follows
  double precision = 0;
  double recall = 0;
  double rmse_px = 0;
  double found = 0;
  double expected = 0;  // LoG*'s own N_expected
  double truth = 0;     // atoms in the frame
  double false_positives = 0;
  double in_vacuum = 0;  // of the false positives
  double sigma = 0;      // of d_NN
  double threshold = 0;
  double qc = 0;
  double er = 0;
  double milliseconds = 0;
  int metadata_disagrees = 0;  // frames that said so
  std::string preprocessing;   // of each seed, joined by "+" where they differ
  std::string flags;           // alike

  double Difference() const { return f1 - oracle_f1; }
};

// Scores count atoms farther than `border` d_NN from the frame's edge: half-visible atoms beyond
// and at the edge are nobody's merit.
absl::StatusOr<AccuracyRow> MeasureAccuracy(const AccuracyCase& c, const LogStar& log_star,
                                            double border);

// Means; `rows` must not be empty and differ in their seed only.
AccuracyRow MeanOf(const std::vector<AccuracyRow>& rows);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_ACCURACY_ROW_H_
