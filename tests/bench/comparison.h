// Comparison of detectors on the same frames: measures, prints, plots.
#ifndef ATOMSTREAM_TESTS_BENCH_COMPARISON_H_
#define ATOMSTREAM_TESTS_BENCH_COMPARISON_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/accuracy_grid.h"
#include "tests/bench/real_frames.h"
#include "tests/bench/tested_detector.h"

namespace atomstream::bench {

using TestedDetectors = std::vector<std::unique_ptr<TestedDetector>>;

// How the plot counts: as the project does, or as the paper does.
enum class PlotCounts { kOneToOne, kOneSided };

struct PlotRequest {
  std::string file;  // "": no plot
  PlotCounts counts = PlotCounts::kOneToOne;
};

// Prints one row for each point of the grid and detector, then which rows miss an aim. The plot is
// written when all is measured.
absl::Status CompareOnGrid(const AccuracyGrid& grid, const TestedDetectors& detectors,
                           const PlotRequest& plot, bool json);

// One row for each frame, reference list and detector.
absl::Status CompareOnRealFrames(const std::vector<RealFrame>& frames,
                                 const TestedDetectors& detectors, double border, bool json);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_COMPARISON_H_
