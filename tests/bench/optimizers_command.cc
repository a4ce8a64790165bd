#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/status_macros.h"
#include "core/lattice/material.h"
#include "core/optimize/optimizer.h"
#include "core/reward/reward.h"
#include "detectors/log_star/frame_survey.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/peak_cache.h"
#include "detectors/log_star/search_space.h"
#include "detectors/log_star/window_problem.h"
#include "tests/bench/accuracy_case.h"
#include "tests/bench/commands.h"
#include "tests/bench/flags.h"

namespace atomstream::bench {
namespace {

constexpr ObjectiveVector kReferencePoint = {1, 1};

// A LoG* window that can be optimised again and again: the whole of one simulated frame.
struct WindowCase {
  std::string name;
  AccuracyCase simulated;
  FrameSurvey survey;
  PeakCache cache;
  std::unique_ptr<SearchSpace> space;
  std::unique_ptr<Reward> qc, er;
  std::unique_ptr<WindowProblem> problem;
};

absl::StatusOr<std::unique_ptr<WindowCase>> MakeWindowCase(const AccuracyCaseOptions& options,
                                                           const Clock& clock) {
  auto window = std::make_unique<WindowCase>();
  window->name =
      absl::StrCat(options.material, " ", options.pixel_size_nm, " noise ", options.noise);
  ASSIGN_OR_RETURN(window->simulated, MakeAccuracyCase(options));
  ASSIGN_OR_RETURN(const Material material, FindMaterial(options.material, {}));
  const LogStarOptions defaults;
  LogStarTimings timings;
  InlineExecutor executor;
  window->survey = SurveyFrame(*window->simulated.frame, material, clock, timings);
  window->cache = PeakCache::Build(window->survey, defaults.preprocessing, executor);
  window->space = std::make_unique<SearchSpace>(&window->cache, window->survey.lattice.d_nn_px);
  ASSIGN_OR_RETURN(window->qc, MakeReward("qc"));
  ASSIGN_OR_RETURN(window->er, MakeReward("er"));
  RewardContext context;
  context.expected_atoms = window->survey.ExpectedAtoms(window->survey.WholeFrame());
  context.min_neighbour_px = defaults.er_distance_d_nn * window->survey.lattice.d_nn_px;
  if (context.expected_atoms < 1) {
    return absl::FailedPreconditionError(absl::StrCat(window->name, ": no atoms are expected"));
  }
  window->problem = std::make_unique<WindowProblem>(&window->cache, window->space.get(),
                                                    window->survey.WholeFrame(), context,
                                                    RewardPair{window->qc.get(), window->er.get()});
  return window;
}

struct Run {
  std::string optimizer;
  int budget = 0;
  double hypervolume = 0;
  double milliseconds = 0;
};

Run Optimise(WindowCase& window, const Optimizer& optimizer, int budget, uint64_t seed,
             const Clock& clock) {
  Budget limits;
  limits.max_evaluations = budget;
  const auto start = std::chrono::steady_clock::now();
  const OptimizerResult result =
      optimizer.Minimize(*window.problem, window.space->StartPoints(), limits, seed, clock);
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return {std::string(optimizer.name()), budget, result.front.Hypervolume(kReferencePoint),
          milliseconds};
}

// Sums over windows and seeds of one optimiser at one budget.
struct Total {
  int runs = 0;
  double hypervolume = 0;
  double missing = 0;  // against the best front that any run found on the same window
  double milliseconds = 0;
};

using Totals = std::map<std::pair<std::string, int>, Total>;

void AddRuns(const std::vector<Run>& runs, Totals& totals) {
  double best = 0;
  for (const Run& run : runs) best = std::max(best, run.hypervolume);
  for (const Run& run : runs) {
    Total& total = totals[{run.optimizer, run.budget}];
    ++total.runs;
    total.hypervolume += run.hypervolume;
    total.missing += best - run.hypervolume;
    total.milliseconds += run.milliseconds;
  }
}

void Print(const Totals& totals, size_t windows, int seeds, bool json) {
  if (!json) {
    std::printf("means over %zu windows of 256 px and %d seeds; cold start\n\n", windows, seeds);
    std::printf("%-10s %12s %12s %16s %10s\n", "optimiser", "evaluations", "hypervolume",
                "missing of best", "ms");
  }
  for (const auto& [key, total] : totals) {
    const double runs = total.runs;
    std::printf(json ? "{\"optimizer\": \"%s\", \"evaluations\": %d, \"hypervolume\": %.6f, "
                       "\"missing\": %.6f, \"ms\": %.3f}\n"
                     : "%-10s %12d %12.5f %16.5f %10.2f\n",
                key.first.c_str(), key.second, total.hypervolume / runs, total.missing / runs,
                total.milliseconds / runs);
  }
}

}  // namespace

absl::Status RunOptimizers(const Arguments& arguments) {
  Flags flags(arguments, {});
  const auto names = flags.TextList("optimizers", "nsga2,bayesian,sobol");
  const auto budgets = flags.NumberList("evaluations", "25,50,100,350");
  const auto materials = flags.TextList("materials", "graphene,SrTiO3");
  const auto noises = flags.NumberList("noise", "0.1,0.3,0.5,0.7");
  const double pixel_size = flags.Number("pixel-size", 0.02);
  const int seeds = flags.Integer("seeds", 3);
  const bool json = flags.Choice("format", {"text", "json"}, "text") == "json";
  RETURN_IF_ERROR(flags.Finish(0));
  if (seeds < 1) return absl::InvalidArgumentError("--seeds: must be at least 1");
  for (const double budget : budgets) {
    if (budget < 1) return absl::InvalidArgumentError("--evaluations: each must be at least 1");
  }
  std::vector<std::unique_ptr<Optimizer>> optimizers;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(auto optimizer, MakeOptimizer(name));
    optimizers.push_back(std::move(optimizer));
  }

  const SystemClock clock;
  Totals totals;
  for (const std::string& material : materials) {
    for (const double noise : noises) {
      AccuracyCaseOptions options;
      options.material = material;
      options.noise = noise;
      options.pixel_size_nm = pixel_size;
      options.hole_fraction = 0.067;
      ASSIGN_OR_RETURN(const auto window, MakeWindowCase(options, clock));
      std::vector<Run> runs;
      for (const auto& optimizer : optimizers) {
        for (const double budget : budgets) {
          for (int seed = 1; seed <= seeds; ++seed) {
            runs.push_back(Optimise(*window, *optimizer, static_cast<int>(budget), seed, clock));
          }
        }
      }
      AddRuns(runs, totals);
    }
  }
  Print(totals, materials.size() * noises.size(), seeds, json);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
