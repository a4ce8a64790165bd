// Frame decision: from what a search found and a wish to the blobs and to what the result says
// about them. The last step of a detection, and all of a re-decision. Pure functions; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_DECISION_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_DECISION_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/blob/prune.h"
#include "core/image/window_grid.h"
#include "core/reward/reward.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/log_star_result.h"
#include "detectors/log_star/parameter_map.h"
#include "detectors/log_star/search_space.h"
#include "detectors/log_star/solution_choice.h"
#include "detectors/log_star/warm_start.h"

namespace atomstream {

// One window that was searched in the frame.
struct FoundWindow {
  int index = 0;  // in the window grid
  int evaluations = 0;
  double hypervolume = 0;
};

// What the search of a frame found; the fronts' points are read with the frame's SearchSpace.
struct FrameFindings {
  Window frame;
  std::vector<Window> grid;
  RewardContext context;  // of the whole frame
  ParetoFront front;      // of the whole frame and of one preprocessing
  std::vector<FoundWindow> windows;
  std::shared_ptr<const WarmStart> memory;  // holds the windows' fronts
};

// The two rewards. They have no state: results and their analyses share them.
struct SharedRewards {
  std::shared_ptr<const Reward> qc;
  std::shared_ptr<const Reward> er;
};

struct FrameDecision {
  int chosen = -1;                               // index into FrameFindings::front
  int variant = 0;                               // of the chosen solution
  WindowMode window_mode = WindowMode::kGlobal;  // kMap: the blobs are the parameter map's
  std::vector<Blob> blobs;                       // by falling response
};

// Errors as ChooseOnFront. In map mode, without a window of the chosen preprocessing, the frame's
// solution serves.
absl::StatusOr<FrameDecision> DecideFrame(const FrameFindings& findings, const PeakCache& cache,
                                          const SearchSpace& space, const SolutionChoice& choice,
                                          WindowMode window_mode);

// What each window remembered of variant `variant` chooses.
std::vector<ParameterMap::Node> MapNodes(const FrameFindings& findings, const SearchSpace& space,
                                         const SolutionChoice& choice, int variant);

// The windows' fronts with their choices: those searched in this frame; all that are remembered.
std::vector<WindowResult> SearchedWindowResults(const FrameFindings& findings,
                                                const SearchSpace& space,
                                                const SolutionChoice& choice);
std::vector<WindowResult> RememberedWindowResults(const FrameFindings& findings,
                                                  const SearchSpace& space,
                                                  const SolutionChoice& choice);

// Everything about the decision but its atoms: front, windows, choice, rewards.
void DescribeDecision(const FrameFindings& findings, const SearchSpace& space,
                      const SolutionChoice& choice, const SharedRewards& rewards,
                      const FrameDecision& decision, LogStarResult& result);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_DECISION_H_
