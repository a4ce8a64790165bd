// Optimizer: finds a Pareto front of a Problem within a Budget, anytime.
//
// Implementations: "nsga2" (pagmo2), "bayesian" (Gaussian process + expected hypervolume
// improvement), "sobol" (quasi-random baseline). Stateless between calls, so one object may be
// used from many threads at once, each with its own Problem.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_OPTIMIZER_H_
#define ATOMSTREAM_CORE_OPTIMIZE_OPTIMIZER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/optimize/pareto_front.h"
#include "core/optimize/problem.h"

namespace atomstream {

// Whichever is reached first ends the search.
struct Budget {
  int max_evaluations = 350;                     // > 0
  absl::Time deadline = absl::InfiniteFuture();  // checked before every evaluation
};

struct OptimizerResult {
  ParetoFront front;
  int evaluations = 0;  // how many times Problem::Evaluate was called
  int infeasible = 0;   // how many of these were infeasible
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Evaluates `warm_start` first (as far as the budget goes), then searches. The same problem,
  // warm start, evaluation budget and seed give the same front when no deadline cuts it short.
  // Never spends more than budget.max_evaluations; a deadline already past gives an empty front.
  virtual OptimizerResult Minimize(Problem& problem, const std::vector<UnitPoint>& warm_start,
                                   const Budget& budget, uint64_t seed,
                                   const Clock& clock) const = 0;

  virtual absl::string_view name() const = 0;
};

// "nsga2", "bayesian" or "sobol"; InvalidArgument names these.
absl::StatusOr<std::unique_ptr<Optimizer>> MakeOptimizer(absl::string_view name);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_OPTIMIZER_H_
