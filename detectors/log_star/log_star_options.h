// LogStarOptions: every setting of the LoG* detector, with its default. Plain data; the daemon fills
// it from its configuration, tools and tests directly.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_OPTIONS_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/image/preprocess.h"
#include "core/lattice/material.h"

namespace atomstream {

enum class WindowMode {
  kGlobal,  // one parameter set for the whole frame
  kMap,     // a smooth parameter map over the frame
};

struct LogStarOptions {
  std::string material = "auto";           // preset name, custom name, or "auto"
  std::vector<Material> custom_materials;  // added to the presets

  WindowMode window_mode = WindowMode::kGlobal;
  int window_size_px = 256;         // side, >= 32; larger than the frame: one window
  double window_stride = 0.2;       // fraction of the side, (0, 1]; floor(0.2 * 256) = 51 px

  std::string optimizer = "nsga2";  // see MakeOptimizer
  int max_evaluations = 350;        // per window, > 0
  absl::Duration time_budget = absl::InfiniteDuration();  // for the optimisation of one frame

  std::vector<Preprocessing> preprocessing = {Preprocessing::kNone, Preprocessing::kLattice};
  double preference = 0;            // unused until an operator sets it; see chosen_by
  bool refine_subpixel = true;
  uint64_t seed = 1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_OPTIONS_H_
