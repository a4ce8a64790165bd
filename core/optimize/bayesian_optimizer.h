// BayesianOptimizer ("bayesian"): one Gaussian process an objective, next point where the expected
// hypervolume improvement is largest.
//
// Made for evaluations that take a fraction of a millisecond, so the model is kept cheap: it is
// fitted once a round of several evaluations, over a bounded number of points, and inside a round
// only its predictions at the round's candidates are updated. A round starts at most once after the
// deadline's last check, which can overrun it by the time of one fit (1 to 2 ms).
#ifndef ATOMSTREAM_CORE_OPTIMIZE_BAYESIAN_OPTIMIZER_H_
#define ATOMSTREAM_CORE_OPTIMIZE_BAYESIAN_OPTIMIZER_H_

#include "core/optimize/optimizer.h"

namespace atomstream {

class BayesianOptimizer final : public Optimizer {
 public:
  OptimizerResult Minimize(Problem& problem, const std::vector<UnitPoint>& warm_start,
                           const Budget& budget, uint64_t seed, const Clock& clock) const override;
  absl::string_view name() const override { return "bayesian"; }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_BAYESIAN_OPTIMIZER_H_
