// The project's accuracy aims for LoG* without labels, and which rows miss them. Pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_ACCURACY_AIMS_H_
#define ATOMSTREAM_TESTS_BENCH_ACCURACY_AIMS_H_

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/accuracy_row.h"

namespace atomstream::bench {

// A plain Python LoG* (scikit-image, NSGA-II with 120 evaluations on one 128 px window, least-QC
// point) and the oracle, both on the frames that it was measured on: made to the same recipe
// (graphene with a hole, SrTiO3 without) but not the same, so the oracle says how they compare.
struct NaiveFigures {
  double f1 = 0;
  double oracle_f1 = 0;
};
std::optional<NaiveFigures> NaiveLogStar(const AccuracyCaseOptions& options);

// One line for each aim that the row misses, with the figures.
std::vector<std::string> MissedAims(const AccuracyRow& row, bool preprocessing_allowed);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_ACCURACY_AIMS_H_
