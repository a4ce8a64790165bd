// How long clustering takes beside scikit-learn, on the same descriptors in the same run.
#ifndef ATOMSTREAM_TESTS_BENCH_CLUSTER_SPEED_H_
#define ATOMSTREAM_TESTS_BENCH_CLUSTER_SPEED_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace atomstream::bench {

struct ClusterSpeedOptions {
  int size_px = 532;  // of the frame: graphene at 0.02 nm/px has 4,000 atoms with a descriptor
  double noise = 0.2;
  std::vector<int> cluster_counts = {3, 4};
  int repeats = 7;
  bool with_reference = true;
  std::string python;
  bool json = false;
};

// Best processor times, ms. Ours are of the whole of ClusterAtoms, descriptors and summary of each
// cluster included; scikit-learn's begin with the descriptors in memory and end with labels.
struct ClusterSpeedRow {
  int clusters = 0;
  int atoms = 0;  // with a descriptor
  double warm_ms = 0;
  double cold_ms = 0;
  double sklearn_fit_ms = 0;  // 0: not measured
  double sklearn_apply_ms = 0;
  double adjusted_rand_index = 0;  // of the labels of the fits
};

// A line for each aim missed: a kept model within 20 ms and ten times as fast as scikit-learn's
// fit, which is what a frame costs there.
std::vector<std::string> MissedAims(const ClusterSpeedRow& row);

// On this one thread.
absl::Status MeasureClusterSpeed(const ClusterSpeedOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_CLUSTER_SPEED_H_
