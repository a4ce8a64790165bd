// BudgetedEvaluator: the one door to Problem::Evaluate for every optimiser. It keeps the budget,
// counts, and collects the front, so that no optimiser can overspend or admit an infeasible point.
// Lives for one Minimize call, on that call's thread.
//
// Invariant: evaluations() <= budget.max_evaluations; once exhausted() it stays so.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_BUDGETED_EVALUATOR_H_
#define ATOMSTREAM_CORE_OPTIMIZE_BUDGETED_EVALUATOR_H_

#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/optimize/optimizer.h"
#include "core/optimize/problem.h"

namespace atomstream {

class BudgetedEvaluator {
 public:
  // `problem` and `clock` must outlive this.
  BudgetedEvaluator(Problem& problem, const Budget& budget, const Clock& clock);

  // Evaluates if the budget allows. nullopt: exhausted (nothing was evaluated) or infeasible (no or
  // non-finite objectives); exhausted() tells which.
  std::optional<ObjectiveVector> Evaluate(const UnitPoint& point);

  // True after a call of Evaluate was refused, or when the next one would be.
  bool exhausted();

  int evaluations() const { return result_.evaluations; }
  int dimension() const { return dimension_; }
  const ParetoFront& front() const { return result_.front; }

  OptimizerResult TakeResult() { return std::move(result_); }

 private:
  Problem& problem_;
  const Budget budget_;
  const Clock& clock_;
  const int dimension_;
  const bool has_deadline_;
  bool exhausted_ = false;
  OptimizerResult result_;
};

// `warm_start` made fit for the search space: coordinates clamped to [0, 1]; points of another
// dimension or with NaN (they belong to another search space) and repetitions left out.
std::vector<UnitPoint> UsableWarmStart(const std::vector<UnitPoint>& warm_start, int dimension);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_BUDGETED_EVALUATOR_H_
