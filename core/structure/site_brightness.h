// How bright each atom is against its own sublattice: finds dopants. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_
#define ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_

#include <vector>

#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "core/structure/bond_graph.h"

namespace atomstream {

// Mean of `image` around each atom, weighted with a Gaussian of `sigma_px`. Close to what a matched
// filter gives, so noise harms it least; 0 for an atom outside the image.
std::vector<float> WeightedBrightness(const Image& image, const std::vector<Atom>& atoms,
                                      double sigma_px);

struct BrightnessOutlier {
  float sigmas = 0;    // signed distance from the sublattice around, in the frame's scatter
  float contrast = 0;  // signed difference to its median
};

// Compares each atom with those an even number of bonds away, up to four: in honeycomb and square
// lattices that is its sublattice, in a triangular one everything. The distance is that to the
// nearest quarter of them, not to their mean, so that where sublattices mix (grain boundaries) an
// atom is at home in either. Atoms with fewer than kMinPeers get zeros.
std::vector<BrightnessOutlier> FindBrightnessOutliers(const BondGraph& graph,
                                                      const std::vector<float>& brightness);

constexpr int kMinPeers = 6;

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_
