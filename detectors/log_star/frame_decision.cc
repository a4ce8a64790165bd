#include "detectors/log_star/frame_decision.h"

#include <string>
#include <utility>

#include "core/base/status_macros.h"
#include "detectors/log_star/window_problem.h"

namespace atomstream {
namespace {

constexpr ObjectiveVector kReference = {1, 1};

std::vector<FrontPoint> Described(const ParetoFront& front, const SearchSpace& space) {
  std::vector<FrontPoint> points;
  points.reserve(front.size());
  for (const Solution& solution : front.solutions()) {
    points.push_back({solution.objectives[0], solution.objectives[1],
                      space.ToLogParams(space.Decode(solution.point))});
  }
  return points;
}

WindowResult Describe(const Window& window, const ParetoFront& front, const SearchSpace& space,
                      const SolutionChoice& choice) {
  WindowResult result;
  result.x_px = window.x_px;
  result.y_px = window.y_px;
  result.width_px = window.width_px;
  result.height_px = window.height_px;
  result.front = Described(front, space);
  result.chosen = ChooseOnFront(front, choice).value_or(-1);
  result.chosen_by = std::string(ChoiceName(choice));
  result.hypervolume = front.Hypervolume(kReference);
  return result;
}

}  // namespace

std::vector<ParameterMap::Node> MapNodes(const FrameFindings& findings, const SearchSpace& space,
                                         const SolutionChoice& choice, int variant) {
  const SolutionChoice wish = ForOtherFronts(choice, findings.front.size());
  std::vector<ParameterMap::Node> nodes;
  for (const auto& [index, front] : findings.memory->window_fronts) {
    const absl::StatusOr<int> chosen = ChooseOnFront(*front, wish);
    if (!chosen.ok()) continue;
    const Candidate candidate = space.Decode(front->solutions()[*chosen].point);
    if (candidate.variant == variant) nodes.push_back({findings.grid[index], candidate});
  }
  return nodes;
}

absl::StatusOr<FrameDecision> DecideFrame(const FrameFindings& findings, const PeakCache& cache,
                                          const SearchSpace& space, const SolutionChoice& choice,
                                          WindowMode window_mode) {
  FrameDecision decision;
  ASSIGN_OR_RETURN(decision.chosen, ChooseOnFront(findings.front, choice));
  const Candidate chosen = space.Decode(findings.front.solutions()[decision.chosen].point);
  decision.variant = chosen.variant;
  const Window& frame = findings.frame;
  if (window_mode == WindowMode::kMap) {
    const std::vector<ParameterMap::Node> nodes =
        MapNodes(findings, space, choice, decision.variant);
    if (!nodes.empty()) {
      decision.window_mode = WindowMode::kMap;
      decision.blobs = ParameterMap(nodes, frame.width_px, frame.height_px)
                           .Detect(cache, frame.width_px, frame.height_px);
      return decision;
    }
  }
  decision.blobs =
      CollectAtoms(cache.variants[chosen.variant].peaks, cache.sigmas_px, frame, chosen,
                   chosen.threshold, MaxAtoms(findings.context.expected_atoms));
  return decision;
}

std::vector<WindowResult> SearchedWindowResults(const FrameFindings& findings,
                                                const SearchSpace& space,
                                                const SolutionChoice& choice) {
  const SolutionChoice wish = ForOtherFronts(choice, findings.front.size());
  std::vector<WindowResult> results;
  for (const FoundWindow& found : findings.windows) {
    WindowResult window = Describe(findings.grid[found.index],
                                   *findings.memory->window_fronts.at(found.index), space, wish);
    window.evaluations = found.evaluations;
    window.hypervolume = found.hypervolume;
    results.push_back(std::move(window));
  }
  return results;
}

std::vector<WindowResult> RememberedWindowResults(const FrameFindings& findings,
                                                  const SearchSpace& space,
                                                  const SolutionChoice& choice) {
  const SolutionChoice wish = ForOtherFronts(choice, findings.front.size());
  std::vector<WindowResult> results;
  auto searched = findings.windows.begin();
  for (const auto& [index, front] : findings.memory->window_fronts) {
    WindowResult window = Describe(findings.grid[index], *front, space, wish);
    if (searched != findings.windows.end() && searched->index == index) {
      window.evaluations = searched->evaluations;
      window.hypervolume = searched->hypervolume;
      ++searched;
    }
    results.push_back(std::move(window));
  }
  return results;
}

void DescribeDecision(const FrameFindings& findings, const SearchSpace& space,
                      const SolutionChoice& choice, const SharedRewards& rewards,
                      const FrameDecision& decision, LogStarResult& result) {
  result.front = Described(findings.front, space);
  result.hypervolume = findings.front.Hypervolume(kReference);
  result.chosen = decision.chosen;
  result.choice = choice;
  result.chosen_by = std::string(ChoiceName(choice));
  result.window_mode = decision.window_mode;
  result.qc = rewards.qc->Evaluate(decision.blobs, findings.context);
  result.er = rewards.er->Evaluate(decision.blobs, findings.context);
  result.windows = SearchedWindowResults(findings, space, choice);
}

}  // namespace atomstream
