// Runs sklearn_reference.py, which clusters in Python what `structure` clusters here.
#ifndef ATOMSTREAM_TESTS_BENCH_SKLEARN_REFERENCE_H_
#define ATOMSTREAM_TESTS_BENCH_SKLEARN_REFERENCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/structure/descriptors.h"

namespace atomstream::bench {

struct SklearnRequest {
  std::string python;            // empty: python3, else /usr/bin/python3
  DescriptorMatrix descriptors;  // weighted as ours are before the principal components
  std::vector<int> labels;       // ours, of each row
  int components = 0;
  int clusters = 0;
  int repeats = 5;
};

struct SklearnReply {
  std::string version;
  double fit_ms = 0;    // PCA and mixture from nothing
  double apply_ms = 0;  // with both known
  double adjusted_rand_index = 0;
};

// Unavailable when no Python has scikit-learn; Internal when the script fails.
absl::StatusOr<SklearnReply> RunSklearn(const SklearnRequest& request);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_SKLEARN_REFERENCE_H_
