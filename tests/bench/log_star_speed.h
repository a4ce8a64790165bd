// Times of LoG*'s stages, beside scikit-image's on the same arrays.
#ifndef ATOMSTREAM_TESTS_BENCH_LOG_STAR_SPEED_H_
#define ATOMSTREAM_TESTS_BENCH_LOG_STAR_SPEED_H_

#include <string>

#include "absl/status/status.h"
#include "detectors/log_star/log_star_options.h"
#include "tests/bench/skimage_reference.h"

namespace atomstream::bench {

struct LogStarSpeedOptions {
  std::string material;
  double noise = 0.3;
  int repeats = 9;
  double budget_ms = 40;  // for the optimisation of one frame
  bool json = false;
  bool with_reference = true;
  SkimageRequest reference;
  LogStarOptions log_star;
};

// Prints one line a stage.
absl::Status MeasureLogStarSpeed(LogStarSpeedOptions o);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_LOG_STAR_SPEED_H_
