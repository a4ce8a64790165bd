// Times of the U-Net's serving path, beside PyTorch eager on the same weights, input size and
// number of threads.
#ifndef ATOMSTREAM_TESTS_BENCH_UNET_SPEED_H_
#define ATOMSTREAM_TESTS_BENCH_UNET_SPEED_H_

#include <string>

#include "absl/status/status.h"
#include "tests/bench/tested_detector.h"

namespace atomstream::bench {

struct UnetSpeedOptions {
  // threads: the larger of the two numbers that are measured; the other one is 1. A tile_px of 0:
  // the image in one tile where one is large enough, and the serving default beside it.
  UnetFlags serving;
  int repeats = 9;  // of each measurement, in each round
  int rounds = 3;   // this program and the reference take turns
  bool with_reference = true;
  std::string python;
  bool json = false;
};

// Prints one line for each image size, members and threads; then a whole detection by stages.
absl::Status MeasureUnetSpeed(const UnetSpeedOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_UNET_SPEED_H_
