// How bright each atom is against its own sublattice: finds dopants. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_
#define ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_

#include <vector>

#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "core/structure/bond_graph.h"

namespace atomstream {

// Mean of `image` around each atom, weighted with a Gaussian nearly as wide as an atom: what a
// matched filter does, so noise harms it least. NaN for an atom so close to the image's edge that
// it shows by halves (kBrightnessEdge d_NN).
std::vector<float> SiteBrightness(const Image& image, const std::vector<Atom>& atoms,
                                  double d_nn_px);

constexpr double kBrightnessEdge = 0.4;

struct BrightnessOutlier {
  float sigmas = 0;    // signed distance from the sublattice around, in the frame's scatter
  float contrast = 0;  // signed difference to its median
};

// Compares each atom with those an even number of bonds away, up to four: in honeycomb and square
// lattices that is its sublattice, in a triangular one everything. The distance is that to the
// nearest quarter of them, not to their mean, so that where sublattices mix (grain boundaries) an
// atom is at home in either. Brightness may be NaN: such an atom is nobody's peer; it gets
// zeros, as do atoms with fewer than kMinPeers.
std::vector<BrightnessOutlier> FindBrightnessOutliers(const BondGraph& graph,
                                                      const std::vector<float>& brightness);

// Takes what outliers beyond `sigmas` shine into their neighbours off these, to first order: the
// atoms around a bright dopant look brighter than they are.
void RemoveOutliersLight(const BondGraph& graph, const std::vector<BrightnessOutlier>& outliers,
                         double sigmas, std::vector<float>& brightness);

constexpr int kMinPeers = 6;

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_
