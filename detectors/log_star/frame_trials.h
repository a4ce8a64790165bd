// Frame trials: the solutions that windows found, tried on the whole frame. Windows propose, the
// frame disposes. Pure function; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_TRIALS_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_TRIALS_H_

#include <vector>

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "detectors/log_star/search_space.h"
#include "detectors/log_star/solution_choice.h"
#include "detectors/log_star/warm_start.h"
#include "detectors/log_star/window_problem.h"
#include "detectors/log_star/window_search.h"

namespace atomstream {

struct FrameTrials {
  std::vector<Solution> solutions;  // feasible ones
  int evaluations = 0;
  int infeasible = 0;
};

// Tries the windows' knees first, then the last frame's front, then the windows' other solutions,
// as far as the deadline goes; a few are tried however late it is. Then takes, for each
// preprocessing, the best of them, at two scales, to the threshold at which
// N_found = N_expected: a preprocessing that the windows' fronts dropped would else be judged by a
// poor threshold. `whole` is the whole frame's problem. `choice` is no index.
FrameTrials TryOnFrame(const SearchSpace& space, const WindowProblem& whole, double expected_atoms,
                       const std::vector<SearchedWindow>& windows, const SolutionChoice& choice,
                       const WarmStart& warm_start, absl::Time deadline, Executor& executor,
                       const Clock& clock);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_TRIALS_H_
