// Fitting a reciprocal lattice to spectral peaks. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_RECIPROCAL_FIT_H_
#define ATOMSTREAM_CORE_LATTICE_RECIPROCAL_FIT_H_

#include <array>
#include <optional>
#include <vector>

#include "core/lattice/material.h"
#include "core/lattice/spectral_peaks.h"

namespace atomstream {

// A peak that was recognised as reflection (h, k).
struct IndexedPeak {
  int h = 0;
  int k = 0;
  Vector2 predicted;                   // where it was looked for; tells the peak from its mirror
  const SpectralPeak* peak = nullptr;  // not owned
};

// The peak (or mirror image of one) nearest to `frequency` within max(1.5 bins, tolerance times its
// length), or null.
const SpectralPeak* NearestPeak(const SpectralPeaks& peaks, const Vector2& frequency,
                                double tolerance);

// Weighted least squares for b1, b2 in frequency = h b1 + k b2. nullopt: the peaks are collinear.
std::optional<std::array<Vector2, 2>> FitReciprocalBasis(const std::vector<IndexedPeak>& indexed);

// The basis, among pairs of strong peaks, whose integer combinations explain the peaks best with
// the fewest empty nodes; refined by least squares. nullopt: fewer than two independent peaks.
std::optional<std::array<Vector2, 2>> FindReciprocalBasis(const SpectralPeaks& peaks);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_RECIPROCAL_FIT_H_
