// Probability map -> atoms. The map gives, at each pixel, the probability of an atom's centre as
// the network was taught it: one bump an atom.
//
// The bump's mass counts, not its height: where noise hides an atom's exact place the bump is low
// and wide, but its mass over that of a sure atom's is still the probability that an atom is there.
// With probabilities p that are true, the set of atoms with the greatest expected F1,
// 2 sum(p) / (number of atoms taken + number of atoms there), is found by taking atoms by falling p
// (Dembczynski et al., ICML 2013, for independent labels): no threshold fits both clean and noisy
// frames, this choice does. Pure functions; any thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_PROBABILITY_ATOMS_H_
#define ATOMSTREAM_DETECTORS_UNET_PROBABILITY_ATOMS_H_

#include <vector>

#include "core/image/frame.h"

namespace atomstream {

struct ProbabilityAtomOptions {
  double d_nn_px = 0;         // > 0: nearest-neighbour distance in the map
  double min_spacing_px = 0;  // of two atoms; the surer one stays
  // Sum over the bump of one sure atom, square pixels; 0: unknown, then confidence is the bump's
  // height.
  double atom_area_px2 = 0;
  // Least confidence, (0, 1); 0: the choice with the greatest expected F1 (needs atom_area_px2).
  double threshold = 0;
};

struct ProbabilityAtom {
  double x_px = 0, y_px = 0;  // in the map's pixels: centroid of the bump
  float confidence = 0;       // (0, 1]
  float spread = 0;           // square root of the variance at the bump's highest pixel
  float sigma_px = 0;         // root mean square radius of the bump over sqrt(2), in the map
};

// By falling confidence. `variance` has the map's size, or is empty: spread is then 0.
std::vector<ProbabilityAtom> FindProbabilityAtoms(const Image& probability, const Image& variance,
                                                  const ProbabilityAtomOptions& options);

// The F1 to expect of atoms that were found in a map, if the network's probabilities are true. It
// needs no labels. Networks tend to doubt more than they must: a value above 0.8 or so is as good
// as it gets. 0 without atoms or when the map is 0.
double ExpectedF1(const std::vector<ProbabilityAtom>& atoms, const Image& probability,
                  double atom_area_px2);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_PROBABILITY_ATOMS_H_
