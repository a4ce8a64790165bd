// Times of the U-Net's training, beside PyTorch eager on the same weights, batch and number of
// threads.
#ifndef ATOMSTREAM_TESTS_BENCH_TRAINING_SPEED_H_
#define ATOMSTREAM_TESTS_BENCH_TRAINING_SPEED_H_

#include <string>

#include "absl/status/status.h"

namespace atomstream::bench {

struct TrainingSpeedOptions {
  int steps = 5;   // that are timed in each round, of each precision
  int rounds = 3;  // this program and the reference take turns
  int threads = 1;
  std::string device = "cpu";
  bool with_reference = true;
  std::string python;
  bool json = false;
};

// Prints the time of a training step in both precisions, of a 256 px frame and of a crop within it,
// and that of drawing a frame. Unimplemented: this program was built without libtorch.
absl::Status MeasureTrainingSpeed(const TrainingSpeedOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_TRAINING_SPEED_H_
