// Lattice estimate: what crystal a frame shows, at which scale and orientation, measured from its
// spectral peaks and cross-checked against the metadata's pixel size. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_LATTICE_ESTIMATE_H_
#define ATOMSTREAM_CORE_LATTICE_LATTICE_ESTIMATE_H_

#include <array>
#include <vector>

#include "core/image/frame.h"
#include "core/lattice/material.h"
#include "core/lattice/spectral_peaks.h"

namespace atomstream {

struct LatticeEstimate {
  // A periodicity was found and measured. False: d_nn_px and density are those of the metadata and
  // the material if both are known, else 0.
  bool found = false;
  std::array<Vector2, 2> vectors_px;  // primitive lattice vectors in the frame; set if found
  int grains = 0;                     // orientations of the material that were found, 0 to 3
  // Frequencies, cycles per pixel, that carry the lattice's signal; one of each mirror pair.
  std::vector<Vector2> reflections;
  double d_nn_px = 0;                 // nearest-neighbour distance
  double density_per_px2 = 0;         // columns per pixel area
  double pixel_size_nm_metadata = 0;  // 0: unknown
  double pixel_size_nm_measured = 0;  // 0: lattice not found, or its size in nm is unknown
  double pixel_size_nm_used = 0;      // measured if there is one, else metadata
  bool metadata_disagrees = false;    // both known and more than 5 % apart
  double orientation_rad = 0;         // of the first lattice vector, [0, pi)
};

// Fits the reciprocal lattice of `material` to the peaks: scale within a factor 1.4 of
// `pixel_size_nm` (0: any), any rotation, either handedness, then an affine refinement, so that
// strain and scan distortion are followed. Further grains of the same scale add their reflections.
LatticeEstimate EstimateKnownLattice(const SpectralPeaks& peaks, const Material& material,
                                     double pixel_size_nm);

// Without a material: the two shortest independent periodicities that explain the peaks span the
// cell; `image` averaged over all cells shows its columns.
LatticeEstimate EstimateUnknownLattice(const SpectralPeaks& peaks, const Image& image,
                                       double pixel_size_nm);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_LATTICE_ESTIMATE_H_
