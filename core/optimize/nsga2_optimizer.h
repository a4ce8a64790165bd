// Nsga2Optimizer ("nsga2"): pagmo's NSGA-II, run one generation at a time so that a deadline ends
// it promptly.
//
// First population: the best of the warm start, small steps around it, and Sobol points, together a
// quarter of the budget. Its size grows with the square root of the budget, so that there are about
// as many generations as individuals.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_NSGA2_OPTIMIZER_H_
#define ATOMSTREAM_CORE_OPTIMIZE_NSGA2_OPTIMIZER_H_

#include "core/optimize/optimizer.h"

namespace atomstream {

class Nsga2Optimizer final : public Optimizer {
 public:
  OptimizerResult Minimize(Problem& problem, const std::vector<UnitPoint>& warm_start,
                           const Budget& budget, uint64_t seed, const Clock& clock) const override;
  absl::string_view name() const override { return "nsga2"; }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_NSGA2_OPTIMIZER_H_
