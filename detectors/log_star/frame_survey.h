// FrameSurvey: what is known about a frame before any atom is looked for: its normalised image, its
// lattice, where it holds material, how many atoms to expect. Plain data, then read by all windows.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_SURVEY_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_SURVEY_H_

#include <optional>

#include "core/base/clock.h"
#include "core/image/frame.h"
#include "core/image/normalise.h"
#include "core/image/window_grid.h"
#include "core/lattice/lattice_estimate.h"
#include "core/lattice/lattice_filter.h"
#include "core/lattice/material.h"
#include "detectors/log_star/log_star_result.h"

namespace atomstream {

struct FrameSurvey {
  NormalisedImage image;
  LatticeEstimate lattice;
  // The lattice filter found frequencies to work with; else `filtered` is nothing to search.
  bool has_lattice_filter = false;
  LatticeFiltered filtered;

  // Atoms expected to show in a window: the material's area in it times the lattice's density; at
  // the frame's edges also those centred just outside.
  double ExpectedAtoms(const Window& window) const;
  Window WholeFrame() const;
};

// `material`: nullopt for "auto". With image.constant or lattice.d_nn_px == 0 there is nothing to
// search; a d_nn_px outside [1, 300] px, where nothing can be, counts as 0. Adds the time of its
// stages to `timings`.
FrameSurvey SurveyFrame(const Frame& frame, const std::optional<Material>& material,
                        const Clock& clock, LogStarTimings& timings);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_SURVEY_H_
