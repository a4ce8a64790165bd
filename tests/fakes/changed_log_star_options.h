// Options of LoG* of which every field differs from the defaults, and all are valid together.
#ifndef ATOMSTREAM_TESTS_FAKES_CHANGED_LOG_STAR_OPTIONS_H_
#define ATOMSTREAM_TESTS_FAKES_CHANGED_LOG_STAR_OPTIONS_H_

#include "absl/time/time.h"
#include "detectors/log_star/log_star_options.h"

namespace atomstream {

inline LogStarOptions ChangedLogStarOptions() {
  LogStarOptions options;
  options.material = "graphene";
  options.rewards = {"er", "qc"};
  options.er_distance_d_nn = 0.75;
  options.preprocessing = {Preprocessing::kGaussian, Preprocessing::kNone};
  options.window_mode = WindowMode::kMap;
  options.window_size_px = 128;
  options.window_stride = 0.5;
  options.max_windows = 4;
  options.optimizer = "sobol";
  options.max_evaluations = 20;
  options.time_budget = absl::Milliseconds(1500.5);
  options.refine_subpixel = false;
  return options;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_CHANGED_LOG_STAR_OPTIONS_H_
