// Descriptors: what the frame looks like around each atom, as patches of one size whatever the
// magnification. Plain data; pure function, any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_DESCRIPTORS_H_
#define ATOMSTREAM_CORE_STRUCTURE_DESCRIPTORS_H_

#include <vector>

#include "Eigen/Core"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/structure/atom.h"

namespace atomstream {

// One row an atom.
using DescriptorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct DescriptorOptions {
  // Side of the patch, d_NN, [0.5, 10]. 2.4 holds the first shell of neighbours.
  double side_d_nn = 2.4;
  // Points a side, [3, 64]; odd puts one on the atom. 13 is 0.18 d_NN a point: an atom (sigma about
  // 0.3 d_NN) is sampled well above its Nyquist rate.
  int grid = 13;
  // Standard deviation of the points' weight, d_NN, [0.2, 100]. An atom's own surroundings count
  // most, noise farther out least: a rare dopant then stands out among the principal components
  // (docs/adr, clusters).
  double taper_d_nn = 0.6;
};

// InvalidArgument names the option and its value.
absl::Status ValidateDescriptorOptions(const DescriptorOptions& options);

struct Descriptors {
  DescriptorMatrix patches;  // grid x grid points, row by row
  std::vector<int> atoms;    // the atom of each row
  // Of each point, (0, 1]: a Gaussian around the atom. The patches themselves are as they were.
  Eigen::VectorXf weight;
  int dropped_at_edge = 0;  // atoms whose patch leaves the frame
  int grid = 0;

  int size() const { return static_cast<int>(atoms.size()); }
};

// Bilinear between pixels; where a patch's points lie farther apart than kMaxPointStepPx the image
// is averaged over their distance first, so that no signal falls between them. `image` is the
// normalised frame. InvalidArgument names a wrong option, a `d_nn_px` that is not positive, or an
// atom whose position is not finite.
absl::StatusOr<Descriptors> ExtractDescriptors(const Image& image, const std::vector<Atom>& atoms,
                                               double d_nn_px, const DescriptorOptions& options);

constexpr double kMaxPointStepPx = 2;

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_DESCRIPTORS_H_
