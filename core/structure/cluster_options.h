// ClusterOptions: every setting of the clustering, with its default. Plain data.
#ifndef ATOMSTREAM_CORE_STRUCTURE_CLUSTER_OPTIONS_H_
#define ATOMSTREAM_CORE_STRUCTURE_CLUSTER_OPTIONS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace atomstream {

struct ClusterOptions {
  // The descriptor, see DescriptorOptions.
  double patch_side_d_nn = 2.4;
  int patch_grid = 13;
  double patch_taper_d_nn = 0.6;

  // [1, 16]; at most patch_grid^2. Two hold the sublattices and how bright the atom is; each
  // further one makes clusters of rare atoms dearer to BIC, and labels less stable (docs/adr,
  // clusters).
  int principal_components = 2;
  // Number of clusters, [1, 16]; equal: that many, else chosen by BIC in the range.
  int min_clusters = 1;
  int max_clusters = 6;
  int restarts = 4;  // [1, 100]; see MixtureFitOptions

  // When a kept model no longer describes the atoms and is fitted anew. Loss of log likelihood of
  // an atom, on average and beyond chance, (0, 100]:
  double drift_log_likelihood = 0.5;
  // Change of what the principal components leave unexplained, as a factor, [1.05, 100]:
  double drift_residual = 1.5;

  uint64_t seed = 1;

  bool operator==(const ClusterOptions&) const = default;
};

// InvalidArgument names the option and its value.
absl::Status ValidateClusterOptions(const ClusterOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_CLUSTER_OPTIONS_H_
