// Runs torch_reference.py, which times the network of a model folder in PyTorch, as a notebook runs
// it: eager, float32, the default memory layout.
#ifndef ATOMSTREAM_TESTS_BENCH_TORCH_REFERENCE_H_
#define ATOMSTREAM_TESTS_BENCH_TORCH_REFERENCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace atomstream::bench {

struct TorchReferenceRequest {
  std::string python;  // that can import torch: FindPython
  std::string model;   // folder, whose first member is timed, or a TorchScript file
  int size_px = 512;   // side of the input, batch 1
  int threads = 1;
  int repeats = 5;
  // Training steps on batches of crops; 0: none.
  int training_repeats = 0;
  int training_batch = 16;
  int training_size_px = 128;
};

struct TorchReferenceReply {
  std::string version;
  std::vector<double> milliseconds;           // of each forward pass after the warm-up
  std::vector<double> training_milliseconds;  // of each step
};

// Internal when the script fails.
absl::StatusOr<TorchReferenceReply> RunTorchReference(const TorchReferenceRequest& request);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_TORCH_REFERENCE_H_
