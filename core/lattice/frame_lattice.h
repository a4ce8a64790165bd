// The lattice of one frame, as every detector measures it first. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_FRAME_LATTICE_H_
#define ATOMSTREAM_CORE_LATTICE_FRAME_LATTICE_H_

#include <optional>
#include <string>

#include "core/image/frame.h"
#include "core/lattice/lattice_estimate.h"
#include "core/lattice/lattice_summary.h"
#include "core/lattice/material.h"
#include "core/lattice/spectral_peaks.h"

namespace atomstream {

struct FrameLattice {
  SpectralPeaks peaks;
  LatticeEstimate estimate;
};

// `image` is normalised (NormalisedImage::clipped) and not constant. `material`: nullopt for
// "auto". A d_NN outside [1, 300] px, where nothing can be searched, counts as none:
// estimate.d_nn_px is then 0.
FrameLattice MeasureFrameLattice(const Image& image, const std::optional<Material>& material,
                                 double pixel_size_nm);

// Without what only a detector knows: expected_atoms and material_area_fraction stay 0.
LatticeSummary Summarise(const LatticeEstimate& estimate, const std::string& material);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_FRAME_LATTICE_H_
