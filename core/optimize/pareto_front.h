// ParetoFront: the non-dominated solutions of a two-objective minimisation, and their hypervolume.
// A value type; const methods may be called from any thread.
//
// Invariant: solutions() are sorted by the first objective, strictly rising; the second objective
// strictly falls along them. Of solutions with equal objectives the first inserted stays.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_PARETO_FRONT_H_
#define ATOMSTREAM_CORE_OPTIMIZE_PARETO_FRONT_H_

#include <vector>

#include "core/optimize/problem.h"

namespace atomstream {

class ParetoFront {
 public:
  // Keeps `solution` unless a member dominates or equals it, and drops members that it dominates.
  // Returns whether it was kept. Non-finite objectives are never kept.
  bool Insert(Solution solution);

  const std::vector<Solution>& solutions() const { return solutions_; }
  bool empty() const { return solutions_.empty(); }
  int size() const { return static_cast<int>(solutions_.size()); }

  ObjectiveVector IdealPoint() const;  // best value of each objective; front must not be empty
  ObjectiveVector NadirPoint() const;  // worst value of each objective over the front

  // Exact area dominated by the front and bounded by `reference`; parts beyond it do not count.
  double Hypervolume(const ObjectiveVector& reference) const;

 private:
  std::vector<Solution> solutions_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_PARETO_FRONT_H_
