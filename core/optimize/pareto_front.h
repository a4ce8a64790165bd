// ParetoFront: the non-dominated solutions of a two-objective minimisation, its knee and its
// hypervolume. A value type; const methods may be called from any thread.
//
// Invariant: solutions() are sorted by the first objective, strictly rising; the second objective
// strictly falls along them. Of solutions with equal objectives the first inserted stays.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_PARETO_FRONT_H_
#define ATOMSTREAM_CORE_OPTIMIZE_PARETO_FRONT_H_

#include <optional>
#include <vector>

#include "core/optimize/problem.h"

namespace atomstream {

class ParetoFront {
 public:
  // True if `a` is at least as good in both objectives and better in one.
  static bool Dominates(const ObjectiveVector& a, const ObjectiveVector& b);

  // Keeps `solution` unless a member dominates or equals it, and drops members that it dominates.
  // Returns whether it was kept. Non-finite objectives are never kept.
  bool Insert(Solution solution);

  const std::vector<Solution>& solutions() const { return solutions_; }
  bool empty() const { return solutions_.empty(); }
  int size() const { return static_cast<int>(solutions_.size()); }

  ObjectiveVector IdealPoint() const;  // best value of each objective; front must not be empty
  ObjectiveVector NadirPoint() const;  // worst value of each objective over the front

  // Index of the knee: the solution farthest from the line through the two ends of the front, in
  // objectives scaled to [0, 1] between ideal and nadir point; ties go to the smaller first
  // objective. Only distance towards the ideal point counts: a bulge away from it is a worse trade
  // than either end, so a front without a bend inwards has its knee at its first end. With one or
  // two solutions: the first. nullopt when empty.
  std::optional<int> KneeIndex() const;

  // Exact area dominated by the front and bounded by `reference`; parts beyond it do not count.
  double Hypervolume(const ObjectiveVector& reference) const;

 private:
  std::vector<Solution> solutions_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_PARETO_FRONT_H_
