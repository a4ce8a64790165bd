#include "core/optimize/budgeted_evaluator.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace atomstream {

BudgetedEvaluator::BudgetedEvaluator(Problem& problem, const Budget& budget, const Clock& clock)
    : problem_(problem),
      budget_(budget),
      clock_(clock),
      dimension_(problem.dimension()),
      has_deadline_(budget.deadline != absl::InfiniteFuture()) {}

bool BudgetedEvaluator::exhausted() {
  if (!exhausted_) {
    exhausted_ = result_.evaluations >= budget_.max_evaluations ||
                 (has_deadline_ && clock_.Now() >= budget_.deadline);
  }
  return exhausted_;
}

std::optional<ObjectiveVector> BudgetedEvaluator::Evaluate(const UnitPoint& point) {
  if (exhausted()) return std::nullopt;
  ++result_.evaluations;
  std::optional<ObjectiveVector> objectives = problem_.Evaluate(point);
  if (!objectives.has_value() || !std::isfinite((*objectives)[0]) ||
      !std::isfinite((*objectives)[1])) {
    ++result_.infeasible;
    return std::nullopt;
  }
  result_.front.Insert({point, *objectives});
  return objectives;
}

std::vector<UnitPoint> UsableWarmStart(const std::vector<UnitPoint>& warm_start, int dimension) {
  std::vector<UnitPoint> usable;
  usable.reserve(warm_start.size());
  for (UnitPoint point : warm_start) {
    if (static_cast<int>(point.size()) != dimension) continue;
    if (std::any_of(point.begin(), point.end(), [](double x) { return std::isnan(x); })) continue;
    for (double& x : point) x = std::clamp(x, 0.0, 1.0);
    if (std::find(usable.begin(), usable.end(), point) == usable.end()) {
      usable.push_back(std::move(point));
    }
  }
  return usable;
}

}  // namespace atomstream
