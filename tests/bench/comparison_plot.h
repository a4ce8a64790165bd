// The comparison as a figure: counts and F1 against noise. Pure function.
#ifndef ATOMSTREAM_TESTS_BENCH_COMPARISON_PLOT_H_
#define ATOMSTREAM_TESTS_BENCH_COMPARISON_PLOT_H_

#include <vector>

#include "tests/bench/comparison.h"
#include "tests/bench/comparison_row.h"
#include "tests/bench/svg_plot.h"

namespace atomstream::bench {

// One line of panels (true positives, false positives, false negatives, F1) for each material,
// pixel size and hole, one series a detector. Counts are shares of the atoms that were counted, so
// that specimens of different sizes may be averaged; F1 is of the one-to-one matching either way.
PlotFigure ComparisonFigure(const std::vector<ComparisonRow>& rows, PlotCounts counts);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_COMPARISON_PLOT_H_
