// LogStarOptions: every setting of the LoG* detector, with its default. Plain data; the daemon
// fills it from its configuration, tools and tests directly.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_OPTIONS_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_OPTIONS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
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
  int window_size_px = 256;    // side, >= 32; larger than the frame: one window
  double window_stride = 0.2;  // fraction of the side, (0, 1], >= 4 px; floor(0.2 * 256) = 51

  std::string optimizer = "nsga2";  // see MakeOptimizer
  int max_windows = 36;  // searched in one frame, > 0: as many as the paper's 512 px frame has; a
                         // larger grid has its turn over several frames
  int max_evaluations = 350;                              // per window, > 0
  absl::Duration time_budget = absl::InfiniteDuration();  // for the optimisation of one frame

  std::vector<Preprocessing> preprocessing = {Preprocessing::kNone, Preprocessing::kLattice};
  // The two rewards, minimised together (see MakeReward), in any order.
  std::array<std::string, 2> rewards = {"qc", "er"};
  // ER counts atoms whose nearest neighbour is closer than this share of d_NN; [0.7, 1].
  double er_distance_d_nn = 0.8;
  // Position on the front, 0: least ER, 1: least QC; unset: the knee near least QC.
  std::optional<double> preference;
  bool refine_subpixel = true;
  uint64_t seed = 1;
};

// InvalidArgument names the option and its value; NotFound an unknown material.
absl::Status ValidateLogStarOptions(const LogStarOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_OPTIONS_H_
