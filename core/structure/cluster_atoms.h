// ClusterAtoms: sorts the atoms of one frame into clusters of alike surroundings, without labels.
//
// Descriptors, principal components, Gaussian mixture. The model comes from the caller and goes
// back to it: frame after frame the same model is applied, so labels stay what they were; it is
// fitted anew only when the frames no longer look like those it was fitted to, which the result
// says. Pure: any thread, any number of streams.
#ifndef ATOMSTREAM_CORE_STRUCTURE_CLUSTER_ATOMS_H_
#define ATOMSTREAM_CORE_STRUCTURE_CLUSTER_ATOMS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "core/structure/cluster_model.h"
#include "core/structure/cluster_options.h"

namespace atomstream {

struct Cluster {
  int id = 0;                 // stable over frames; what labels say
  int size = 0;               // atoms of this frame; may be 0
  double weight = 0;          // the model's share of it, [0, 1]
  double mean_intensity = 0;  // of Atom::intensity; 0 without atoms
  Image centroid;             // mean of its descriptors, patch_grid x patch_grid; 0 without atoms
  Image dispersion;           // their standard deviation at each point
  std::vector<double> mean_components;  // the model's place of it among principal components
};

struct ClusterResult {
  // Of each atom. Label: a cluster's id, -1 for an atom without a descriptor. Probability: of that
  // cluster, given the descriptor; 0 without one. Components: principal components, as many a row
  // as explained_variance; 0 without a descriptor.
  std::vector<int> labels;
  std::vector<float> probability;
  DescriptorMatrix components;

  std::vector<Cluster> clusters;           // by rising id
  std::vector<double> explained_variance;  // of each component, share of the total of the fit
  int clustered = 0;                       // atoms with a label
  int dropped_at_edge = 0;                 // atoms whose descriptor would leave the frame
  int left_out = 0;                        // as the caller wished

  int64_t generation = 0;  // of the model used; 0: none
  bool refitted = false;   // this frame made the model: labels may mean something else than before
  // Why it was (or had to be) fitted: "first", "options", "likelihood", "residual"; "" if it was
  // not. With refitted false: the frame has too few atoms for it, or was not allowed to, and the
  // old model's labels stand.
  std::string refit_reason;
  double mean_log_likelihood = 0;  // of an atom, under the model used
  double bic = 0;                  // of the model, on the frame it was fitted to

  // Why there are no labels: "no_atoms", "no_lattice" (d_nn_px = 0), "all_atoms_at_edge",
  // "too_few_atoms"; "" where there are some. `detail` tells a person.
  std::string empty_reason;
  std::string detail;

  // For the next frame; null: there is none yet.
  std::shared_ptr<const ClusterModel> next_model;
};

// Whether a frame that the model no longer describes may make a new one. Without a model, or with
// one of other options, every frame may.
enum class Refit { kAllowed, kForbidden };

// `image`: the normalised frame (clipped or not; the same kind every time). `d_nn_px` >= 0: the
// lattice's. `model`: next_model of an earlier frame, or null. Too few atoms are no error but an
// empty result. `left_out`: empty, or of each atom whether it takes no part; meant for empty places
// (see EmptyPlaces), which would make a cluster with the dopants, both being unlike the rest.
// InvalidArgument names the option, or the atom whose position is not finite.
absl::StatusOr<ClusterResult> ClusterAtoms(const Image& image, const std::vector<Atom>& atoms,
                                           double d_nn_px, const ClusterOptions& options,
                                           std::shared_ptr<const ClusterModel> model,
                                           Refit refit = Refit::kAllowed,
                                           const std::vector<bool>& left_out = {});

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_CLUSTER_ATOMS_H_
