// Runs torch_reference.py, which times the network of a model folder in PyTorch, as a notebook runs
// it: eager, float32, the default memory layout.
#ifndef ATOMSTREAM_TESTS_BENCH_TORCH_REFERENCE_H_
#define ATOMSTREAM_TESTS_BENCH_TORCH_REFERENCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace atomstream::bench {

struct TorchReferenceRequest {
  std::string python;  // as FindPython
  std::string model;   // folder; its first member is timed
  int size_px = 512;   // side of the input, batch 1
  int threads = 1;
  int repeats = 5;
};

struct TorchReferenceReply {
  std::string version;
  std::vector<double> milliseconds;  // of each forward pass after the warm-up
};

// Unavailable when no Python has torch; Internal when the script fails.
absl::StatusOr<TorchReferenceReply> RunTorchReference(const TorchReferenceRequest& request);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_TORCH_REFERENCE_H_
