#include "detectors/log_star/frame_trials.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "detectors/log_star/front_choice.h"

namespace atomstream {
namespace {

constexpr int kMaxCandidates = 24;
constexpr int kMinCandidates = 6;   // of these, tried however late it is
constexpr int kBalancedScales = 2;  // for each preprocessing

// Knees of all windows first, then the last frame's front, then the windows' ends and middles.
std::vector<UnitPoint> FrameCandidates(const std::vector<SearchedWindow>& windows,
                                       const SearchSpace& space, const SolutionChoice& wish,
                                       const WarmStart& warm_start) {
  std::vector<UnitPoint> knees;
  std::vector<UnitPoint> others;
  for (const SearchedWindow& window : windows) {
    const std::vector<Solution>& front = window.result.front.solutions();
    const ParetoFront chosen_front = ChooseFront(space, front);
    const absl::StatusOr<int> chosen = ChooseOnFront(chosen_front, wish);
    if (chosen.ok()) knees.push_back(chosen_front.solutions()[*chosen].point);
    others.push_back(front.front().point);
    others.push_back(front.back().point);
    others.push_back(front[front.size() / 2].point);
  }
  others.insert(others.begin(), warm_start.points.begin(), warm_start.points.end());
  std::vector<UnitPoint> candidates = space.StartPoints();
  std::set<UnitPoint> seen;
  for (const std::vector<UnitPoint>* list : {&knees, &others}) {
    for (const UnitPoint& point : *list) {
      if (static_cast<int>(candidates.size()) >= kMaxCandidates) break;
      UnitPoint sized = point;
      sized.resize(space.dimension(), 0.5);
      if (seen.insert(sized).second) candidates.push_back(std::move(sized));
    }
  }
  return candidates;
}

void TryAll(const std::vector<UnitPoint>& candidates, const WindowProblem& whole,
            absl::Time deadline, Executor& executor, const Clock& clock, FrameTrials& trials) {
  enum class Outcome : char { kSkipped, kInfeasible, kFeasible };
  std::vector<Outcome> outcomes(candidates.size(), Outcome::kSkipped);
  std::vector<ObjectiveVector> objectives(candidates.size());
  executor.ParallelFor(static_cast<int>(candidates.size()), [&](int i) {
    if (i >= kMinCandidates && clock.Now() >= deadline) return;
    const std::optional<ObjectiveVector> value = whole.Objectives(candidates[i]);
    outcomes[i] = value ? Outcome::kFeasible : Outcome::kInfeasible;
    if (value) objectives[i] = *value;
  });
  for (size_t i = 0; i < candidates.size(); ++i) {
    trials.evaluations += outcomes[i] != Outcome::kSkipped;
    trials.infeasible += outcomes[i] == Outcome::kInfeasible;
    if (outcomes[i] == Outcome::kFeasible) {
      trials.solutions.push_back({candidates[i], objectives[i]});
    }
  }
}

// The threshold coordinate at which `point` finds N_expected atoms, as near as its range allows.
double BalancedThreshold(const SearchSpace& space, const WindowProblem& whole,
                         double expected_atoms, const UnitPoint& point) {
  const Candidate candidate = space.Decode(point);
  const size_t count = static_cast<size_t>(expected_atoms);
  const std::vector<Blob> atoms = whole.Brightest(candidate, count + 1);
  if (count == 0 || atoms.size() <= count) return 0;
  // Halfway between the last atom wanted and the first unwanted.
  return space.ThresholdCoordinate(
      candidate.variant,
      std::sqrt(static_cast<double>(atoms[count - 1].response) * atoms[count].response));
}

void BalanceCounts(const SearchSpace& space, const WindowProblem& whole, double expected_atoms,
                   Executor& executor, FrameTrials& trials) {
  const auto total = [](const Solution& s) { return s.objectives[0] + s.objectives[1]; };
  std::map<std::pair<int, int>, Solution> best;  // by variant and smallest scale
  for (const Solution& solution : trials.solutions) {
    const Candidate candidate = space.Decode(solution.point);
    const auto [entry, added] =
        best.emplace(std::pair(candidate.variant, candidate.first_level), solution);
    if (!added && total(solution) < total(entry->second)) entry->second = solution;
  }
  std::map<int, std::vector<Solution>> by_variant;
  for (const auto& [key, solution] : best) by_variant[key.first].push_back(solution);
  std::vector<Solution> balanced;
  for (auto& [variant, solutions] : by_variant) {
    std::stable_sort(solutions.begin(), solutions.end(),
                     [&](const Solution& a, const Solution& b) { return total(a) < total(b); });
    const size_t count = std::min<size_t>(solutions.size(), kBalancedScales);
    balanced.insert(balanced.end(), solutions.begin(), solutions.begin() + count);
  }
  std::vector<std::optional<ObjectiveVector>> objectives(balanced.size());
  executor.ParallelFor(static_cast<int>(balanced.size()), [&](int i) {
    UnitPoint& point = balanced[i].point;
    point[SearchSpace::kThreshold] = BalancedThreshold(space, whole, expected_atoms, point);
    objectives[i] = whole.Objectives(point);
  });
  for (size_t i = 0; i < balanced.size(); ++i) {
    ++trials.evaluations;
    trials.infeasible += !objectives[i];
    if (objectives[i]) trials.solutions.push_back({balanced[i].point, *objectives[i]});
  }
}

}  // namespace

FrameTrials TryOnFrame(const SearchSpace& space, const WindowProblem& whole, double expected_atoms,
                       const std::vector<SearchedWindow>& windows, const SolutionChoice& choice,
                       const WarmStart& warm_start, absl::Time deadline, Executor& executor,
                       const Clock& clock) {
  FrameTrials trials;
  TryAll(FrameCandidates(windows, space, choice, warm_start), whole, deadline, executor, clock,
         trials);
  BalanceCounts(space, whole, expected_atoms, executor, trials);
  return trials;
}

}  // namespace atomstream
