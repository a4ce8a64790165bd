// SobolOptimizer ("sobol"): evaluates the warm start, then a Sobol sequence. The baseline that the
// other optimisers must beat, and the fastest look at a new search space.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_SOBOL_OPTIMIZER_H_
#define ATOMSTREAM_CORE_OPTIMIZE_SOBOL_OPTIMIZER_H_

#include "core/optimize/optimizer.h"

namespace atomstream {

class SobolOptimizer final : public Optimizer {
 public:
  OptimizerResult Minimize(Problem& problem, const std::vector<UnitPoint>& warm_start,
                           const Budget& budget, uint64_t seed, const Clock& clock) const override;
  absl::string_view name() const override { return "sobol"; }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_SOBOL_OPTIMIZER_H_
