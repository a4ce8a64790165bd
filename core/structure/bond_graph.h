// BondGraph: which atoms of a frame are neighbours. The basis of everything that names a site.
//
// Two atoms are bonded when they are closer than the cut-off and no third atom lies between them.
// The cut-off is the gap behind the first peak of the histogram of distances, so that it follows
// the material: a square lattice ends its first shell at 1.41 d_NN, a honeycomb at 1.73.
// Immutable after Build; any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_BOND_GRAPH_H_
#define ATOMSTREAM_CORE_STRUCTURE_BOND_GRAPH_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/structure/atom.h"

namespace atomstream {

struct BondOptions {
  // In units of d_NN, (0.5, 2]. Unset: measured, and kDefaultCutoff where the histogram shows no
  // gap (too few atoms, or no order).
  std::optional<double> cutoff_d_nn;
};

struct Bond {
  int atom = 0;  // the neighbour
  float length_px = 0;
  float direction_rad = 0;  // (-pi, pi], from +x towards +y
};

class BondGraph {
 public:
  static constexpr double kDefaultCutoff = 1.25;  // d_NN
  // What a measured cut-off may be: atoms of a square lattice's second shell stay out.
  static constexpr double kMinCutoff = 1.1;
  static constexpr double kMaxCutoff = 1.45;

  BondGraph() = default;  // no atoms

  // `d_nn_px` >= 0 is the lattice's, 0 if unknown: then, and where it is more than three times
  // what the atoms themselves say, the median of the atoms' nearest distances stands in.
  // InvalidArgument names the option, or the atom whose position is not finite.
  static absl::StatusOr<BondGraph> Build(const std::vector<Atom>& atoms, double d_nn_px,
                                         const BondOptions& options);

  // The same without the bonds of the atoms for which `alone` holds; one entry for each atom.
  BondGraph Without(const std::vector<bool>& alone) const;

  int size() const { return static_cast<int>(nearest_px_.size()); }
  // By rising direction. Bonds are mutual.
  absl::Span<const Bond> bonds(int atom) const {
    return absl::MakeConstSpan(bonds_).subspan(first_[atom], first_[atom + 1] - first_[atom]);
  }
  int coordination(int atom) const { return first_[atom + 1] - first_[atom]; }
  // Distance to the nearest other atom, bonded or not; 0 if there is none.
  float nearest_px(int atom) const { return nearest_px_[atom]; }
  // Between each bond and the next one round the atom: as many as bonds, together 2 pi; none for
  // fewer than two bonds.
  std::vector<float> AnglesRad(int atom) const;

  double d_nn_px() const { return d_nn_px_; }  // median of the lengths of the bonds; 0: no bonds
  double cutoff_px() const { return cutoff_px_; }
  bool cutoff_measured() const { return cutoff_measured_; }

 private:
  std::vector<int> first_ = {0};  // of each atom in bonds_, and the end
  std::vector<Bond> bonds_;
  std::vector<float> nearest_px_;
  double d_nn_px_ = 0;
  double cutoff_px_ = 0;
  bool cutoff_measured_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_BOND_GRAPH_H_
