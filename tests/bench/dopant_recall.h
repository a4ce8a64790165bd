// How many of the silicon atoms of simulated graphene are named without labels: by their site kind
// and by their cluster.
#ifndef ATOMSTREAM_TESTS_BENCH_DOPANT_RECALL_H_
#define ATOMSTREAM_TESTS_BENCH_DOPANT_RECALL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/structure/cluster_atoms.h"
#include "core/structure/cluster_options.h"

namespace atomstream::bench {

struct DopantRecallOptions {
  std::vector<double> noises = {0, 0.1, 0.2, 0.3, 0.4};
  int seeds = 12;              // frames a noise level, each of another sheet
  uint64_t first_seed = 1000;  // they rise from there
  int size_px = 512;
  double pixel_size_nm = 0.02;
  double silicon_fraction = 0.005;
  double budget_ms = 200;  // of LoG*'s optimisation: each frame is a first one
  ClusterOptions clusters;
  bool json = false;
};

// Of the atoms with one name.
struct NameCounts {
  int silicon = 0;  // true ones that could have the name
  int found = 0;    // of these: have it
  int wrong = 0;    // have it and are none

  double Recall() const { return silicon == 0 ? 1 : static_cast<double>(found) / silicon; }
  double Precision() const {
    return found + wrong == 0 ? 1 : static_cast<double>(found) / (found + wrong);
  }
  void Add(const NameCounts& other);
};

struct DopantRow {
  double noise = 0;
  int undetected = 0;  // silicon that the detector did not find: nobody can name it
  NameCounts by_kind, by_cluster;
};

// The clusters that anybody would take for the dopants who knows only that these are brighter than
// the rest: the brightest one on average, and those whose mean intensity is nearer to its than to
// the largest cluster's. Sorted ids; none without clusters.
std::vector<int> BrightClusters(const std::vector<Cluster>& clusters);

// A line if neither name reaches the recall asked for at this noise: 0.99 up to 0.2, 0.95 up to
// 0.4.
std::vector<std::string> MissedAims(const DopantRow& row);

absl::Status MeasureDopantRecall(const DopantRecallOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_DOPANT_RECALL_H_
