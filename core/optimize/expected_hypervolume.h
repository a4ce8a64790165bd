// ExpectedHypervolume: by how much a point whose two objectives are only known as independent
// Gaussians is expected to enlarge the area that a Pareto front dominates (expected hypervolume
// improvement), in closed form. Immutable; any thread.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_EXPECTED_HYPERVOLUME_H_
#define ATOMSTREAM_CORE_OPTIMIZE_EXPECTED_HYPERVOLUME_H_

#include <vector>

#include "core/optimize/problem.h"

namespace atomstream {

class ExpectedHypervolume {
 public:
  // `front` sorted like ParetoFront::solutions(); members beyond `reference` do not count.
  ExpectedHypervolume(const std::vector<ObjectiveVector>& front, const ObjectiveVector& reference);

  // Expected enlargement, >= 0. A deviation of 0 stands for a known value.
  double Improvement(const ObjectiveVector& mean, const ObjectiveVector& deviation) const;

 private:
  // The staircase under the front: left of `end` (and right of the step before) a point improves on
  // the front as far as its second objective is below `height`.
  struct Step {
    double end;
    double height;
  };
  std::vector<Step> steps_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_EXPECTED_HYPERVOLUME_H_
