// Soft lattice filter: keeps what repeats with the frame's lattice, over a short coherence length;
// and tells where the lattice is, so that holes are neither filled with invented atoms nor counted
// as missing ones. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_LATTICE_FILTER_H_
#define ATOMSTREAM_CORE_LATTICE_LATTICE_FILTER_H_

#include <vector>

#include "core/image/frame.h"
#include "core/lattice/spectral_peaks.h"

namespace atomstream {

struct LatticeFilterOptions {
  // Distance, in d_NN, over which the lattice is taken to be coherent: longer removes more noise
  // and invents more atoms over defects. The smallest in this range is used that leaves noise of no
  // more than a quarter of the lattice's energy.
  double min_coherence_d_nn = 1.5;
  double max_coherence_d_nn = 3;
  // The same for telling material from vacuum: shorter, so that edges stay sharp.
  double material_coherence_d_nn = 0.75;
};

struct LatticeFiltered {
  Image filtered;  // material * lattice, zero mean, the size of the input
  Image material;  // 1 where the lattice's local amplitude stands out, 0 where it does not
};

// Which frequencies carry the lattice: the estimate's reflections, and peaks so strong that they
// can only be another grain's. One of each mirror pair, between 0.33 and 2.6 / d_NN.
std::vector<Vector2> LatticeFrequencies(const std::vector<Vector2>& reflections,
                                        const SpectralPeaks& peaks, double d_nn_px);

// `d_nn_px` > 0. Without frequencies `filtered` is 0 and `material` is 1 everywhere.
LatticeFiltered ApplyLatticeFilter(const Image& image, const std::vector<Vector2>& frequencies,
                                   const SpectralPeaks& peaks, double d_nn_px,
                                   const LatticeFilterOptions& options = {});

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_LATTICE_FILTER_H_
