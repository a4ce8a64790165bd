// What each stage behind the detector costs a frame, as a share of LoG* on the same frame. All is
// processor time on one thread.
#ifndef ATOMSTREAM_TESTS_BENCH_STAGE_COSTS_H_
#define ATOMSTREAM_TESTS_BENCH_STAGE_COSTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace atomstream::bench {

struct StageCostOptions {
  int frames = 20;
  double noise = 0.3;
  double budget_ms = 50;  // of LoG*'s optimisation, as a daemon beside a microscope has it
  bool json = false;
};

// One line of the table.
struct StageCost {
  std::string stage;
  double milliseconds = 0;  // median over the frames
  double share = 0;         // of the whole of LoG*: median over the frames of the ratio
};

// A line if the stage takes more than a tenth of LoG*'s time.
std::vector<std::string> MissedAims(const StageCost& cost);

// Prints the table and what misses the aim.
absl::Status MeasureStageCosts(const StageCostOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_STAGE_COSTS_H_
