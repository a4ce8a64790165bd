// Problem: what an Optimizer minimises. Points live in the unit cube; objectives are minimised.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_PROBLEM_H_
#define ATOMSTREAM_CORE_OPTIMIZE_PROBLEM_H_

#include <array>
#include <optional>
#include <vector>

namespace atomstream {

// A point of the search space: one coordinate in [0, 1] a parameter.
using UnitPoint = std::vector<double>;

// Two objectives, both minimised. For LoG*: {QC, ER}.
using ObjectiveVector = std::array<double, 2>;

// One evaluated point.
struct Solution {
  UnitPoint point;
  ObjectiveVector objectives{};
};

class Problem {
 public:
  virtual ~Problem() = default;

  virtual int dimension() const = 0;

  // nullopt: infeasible (a bound was exceeded before the objectives were known). Deterministic.
  // Called from one thread at a time.
  virtual std::optional<ObjectiveVector> Evaluate(const UnitPoint& point) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_PROBLEM_H_
