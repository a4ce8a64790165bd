#include "core/optimize/sobol_optimizer.h"

#include "core/optimize/budgeted_evaluator.h"
#include "core/optimize/sobol.h"

namespace atomstream {

OptimizerResult SobolOptimizer::Minimize(Problem& problem, const std::vector<UnitPoint>& warm_start,
                                         const Budget& budget, uint64_t seed,
                                         const Clock& clock) const {
  BudgetedEvaluator evaluator(problem, budget, clock);
  for (const UnitPoint& point : UsableWarmStart(warm_start, evaluator.dimension())) {
    evaluator.Evaluate(point);
  }
  SobolSequence sequence(evaluator.dimension(), seed);
  while (!evaluator.exhausted()) evaluator.Evaluate(sequence.Next());
  return evaluator.TakeResult();
}

}  // namespace atomstream
