#include "detectors/log_star/window_search.h"

#include <algorithm>
#include <optional>

#include "core/optimize/sobol.h"

namespace atomstream {
namespace {

// Fewer expected atoms say nothing about parameters.
constexpr double kMinExpectedAtoms = 8;

// The window's number of the frame's random sequence: neighbouring windows get unrelated seeds.
uint64_t WindowSeed(uint64_t frame_seed, int window) {
  return SplitMix64(frame_seed + static_cast<uint64_t>(window) * SplitMix64::kStep).Next();
}

}  // namespace

std::vector<SearchedWindow> SearchWindows(const WindowSearchInput& input, Executor& executor,
                                          const Clock& clock) {
  const Window frame = input.survey->WholeFrame();
  const std::vector<Window> grid = MakeWindowGrid(
      frame.width_px, frame.height_px, input.options->window_size_px, input.options->window_stride);
  std::vector<int> order = SpreadOrder(static_cast<int>(grid.size()), input.turn);
  if (static_cast<int>(order.size()) > input.options->max_windows) {
    order.resize(input.options->max_windows);
  }

  std::vector<std::optional<SearchedWindow>> slots(grid.size());
  executor.ParallelFor(static_cast<int>(order.size()), [&](int task) {
    // The first window is tried with the points of its start even when no time is left, so that
    // every frame learns something.
    const bool first = task == 0;
    if (!first && clock.Now() >= input.deadline) return;
    const int index = order[task];
    RewardContext context;
    context.expected_atoms = input.survey->ExpectedAtoms(grid[index]);
    context.min_neighbour_px = input.options->er_distance_d_nn * input.survey->lattice.d_nn_px;
    if (context.expected_atoms < kMinExpectedAtoms) return;

    WindowProblem problem(input.cache, input.space, grid[index], context, input.rewards);
    std::vector<UnitPoint> start = input.space->StartPoints();
    const WarmStart& warm = *input.warm_start;
    start.insert(start.end(), warm.points.begin(), warm.points.end());
    if (const auto own = warm.window_fronts.find(index); own != warm.window_fronts.end()) {
      const absl::StatusOr<int> chosen = ChooseOnFront(*own->second, input.choice);
      if (chosen.ok()) start.push_back(own->second->solutions()[*chosen].point);
    }
    for (UnitPoint& point : start) point.resize(input.space->dimension(), 0.5);
    Budget budget;
    budget.max_evaluations = input.options->max_evaluations;
    budget.deadline = input.deadline;
    if (first && clock.Now() >= input.deadline) {
      budget.max_evaluations = std::min<int>(budget.max_evaluations, start.size());
      budget.deadline = absl::InfiniteFuture();
    }
    slots[index] = SearchedWindow{
        index, grid[index],
        input.optimizer->Minimize(problem, start, budget, WindowSeed(input.seed, index), clock)};
  });

  std::vector<SearchedWindow> searched;
  for (std::optional<SearchedWindow>& slot : slots) {
    if (slot && !slot->result.front.empty()) searched.push_back(std::move(*slot));
  }
  return searched;
}

}  // namespace atomstream
