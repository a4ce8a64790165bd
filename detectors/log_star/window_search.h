// Window search: optimises the windows of a frame within the frame's budget, spread over an
// Executor. Pure function; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_WINDOW_SEARCH_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_WINDOW_SEARCH_H_

#include <vector>

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/optimize/optimizer.h"
#include "detectors/log_star/frame_survey.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/solution_choice.h"
#include "detectors/log_star/warm_start.h"
#include "detectors/log_star/window_problem.h"

namespace atomstream {

// One optimised window.
struct SearchedWindow {
  int index = 0;  // in the window grid
  Window window;
  OptimizerResult result;
};

struct WindowSearchInput {
  const FrameSurvey* survey = nullptr;
  const PeakCache* cache = nullptr;
  const SearchSpace* space = nullptr;
  const Optimizer* optimizer = nullptr;
  const LogStarOptions* options = nullptr;
  const WarmStart* warm_start = nullptr;  // adapted to this frame
  SolutionChoice choice;                  // which of a window's own front it starts from
  RewardPair rewards;
  absl::Time deadline;
  uint64_t seed = 0;  // of the frame; each window derives its own, so scheduling plays no part
  int64_t turn = 0;   // where in the grid to begin: the frame's number
};

// The windows that were optimised, by index. Windows without material are left out. Windows that
// the deadline leaves no time for are missing; the first in turn tries at least its start points.
std::vector<SearchedWindow> SearchWindows(const WindowSearchInput& input, Executor& executor,
                                          const Clock& clock);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_WINDOW_SEARCH_H_
