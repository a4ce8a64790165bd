// ClusterModel: how the atoms of a run fall into clusters. Kept from frame to frame, so that a
// cluster means the same in all of them; immutable, shared between frames and threads.
#ifndef ATOMSTREAM_CORE_STRUCTURE_CLUSTER_MODEL_H_
#define ATOMSTREAM_CORE_STRUCTURE_CLUSTER_MODEL_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "core/structure/cluster_options.h"
#include "core/structure/descriptors.h"
#include "core/structure/gaussian_mixture.h"
#include "core/structure/principal_components.h"

namespace atomstream {

struct ClusterModel {
  ClusterOptions options;  // it was fitted with
  PrincipalComponents space;
  GaussianMixture mixture;  // in the space of the principal components
  // The cluster of each component of the mixture, rising. A number is never given to two clusters:
  // one that vanished in a refit leaves a hole.
  std::vector<int> ids;
  int next_id = 0;
  int64_t generation = 1;  // 1: the first fit; each refit adds 1
  double bic = 0;

  // What to expect of a frame like the one that was fitted: log likelihood of an atom, already less
  // what a fit flatters itself with, and squared distance of a descriptor to the space.
  double expected_log_likelihood = 0;
  double expected_residual = 0;
};

// How a model describes descriptors.
struct ModelScores {
  PointMatrix components;  // principal components, one row a descriptor
  MixtureScores mixture;
  double mean_log_likelihood = 0;
  double log_likelihood_error = 0;  // of the mean
  double mean_residual = 0;
};

// `patches` are of the model's grid.
ModelScores ScoreDescriptors(const ClusterModel& model, const DescriptorMatrix& patches);

// "" if the scores are what the model expects, else what left it: "likelihood" or "residual".
// Better than expected is no drift in likelihood, but a residual is compared both ways.
absl::string_view FindDrift(const ClusterModel& model, const ModelScores& scores);

// Fits a model; with `previous` of the same patch size, also from its clusters on, and gives the
// new clusters the ids of those they come from. At most kMaxFitAtoms descriptors, evenly spread,
// are used. ResourceExhausted: too few atoms for options.min_clusters. `options` are valid.
absl::StatusOr<ClusterModel> FitClusterModel(const Descriptors& descriptors,
                                             const ClusterOptions& options,
                                             const ClusterModel* previous);

constexpr int kMaxFitAtoms = 20000;

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_CLUSTER_MODEL_H_
