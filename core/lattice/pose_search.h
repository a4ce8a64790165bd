// Pose search: at which scale, rotation and handedness a known material explains a frame's spectral
// peaks. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_POSE_SEARCH_H_
#define ATOMSTREAM_CORE_LATTICE_POSE_SEARCH_H_

#include <vector>

#include "core/lattice/material.h"
#include "core/lattice/reciprocal_fit.h"
#include "core/lattice/spectral_peaks.h"

namespace atomstream {

// One reflection of a known material.
struct Reflection {
  int h, k;
  Vector2 frequency;  // cycles per nm
  double weight;      // expected power, arbitrary unit
};

// The reflections out to 2.7 times the shortest, with the power they would have for Gaussian
// columns of a width of 0.3 d_NN.
std::vector<Reflection> ReflectionsOf(const Material& material);

struct PoseFit {
  double score = 0;     // coverage times the share of the seen peaks that is expected, [0, 1]
  double coverage = 0;  // share of the expected power that is seen, [0, 1]
  std::vector<IndexedPeak> indexed;  // points into the peaks that were searched
};

// The best of all poses that bring a strong peak onto a reflection. `pixel_size_nm` within
// `max_factor` of the scale; 0: any scale. score 0: nothing fits at all.
PoseFit FindPose(const SpectralPeaks& peaks, const std::vector<Reflection>& reflections,
                 double pixel_size_nm, double max_factor);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_POSE_SEARCH_H_
