// Times of the U-Net's training.
#ifndef ATOMSTREAM_TESTS_BENCH_TRAINING_SPEED_H_
#define ATOMSTREAM_TESTS_BENCH_TRAINING_SPEED_H_

#include <string>

#include "absl/status/status.h"

namespace atomstream::bench {

struct TrainingSpeedOptions {
  int steps = 5;  // that are timed, after one that is not
  int threads = 1;
  std::string device = "cpu";
  bool json = false;
};

// Prints the time of a training step, of a 256 px frame and of a crop within it, and that of
// drawing a frame. Unimplemented: this program was built without libtorch.
absl::Status MeasureTrainingSpeed(const TrainingSpeedOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_TRAINING_SPEED_H_
