#include "core/optimize/pareto_front.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace atomstream {

bool ParetoFront::Insert(Solution solution) {
  const ObjectiveVector& y = solution.objectives;
  if (!std::isfinite(y[0]) || !std::isfinite(y[1])) return false;

  // Along the front the second objective falls, so only the last member whose first objective is
  // not greater can dominate or equal the newcomer.
  const auto first_greater = std::upper_bound(
      solutions_.begin(), solutions_.end(), y[0],
      [](double value, const Solution& member) { return value < member.objectives[0]; });
  if (first_greater != solutions_.begin() && std::prev(first_greater)->objectives[1] <= y[1]) {
    return false;
  }

  // What the newcomer dominates is one run: the members from its first objective on that are not
  // better in the second.
  auto begin = first_greater;
  if (begin != solutions_.begin() && std::prev(begin)->objectives[0] == y[0]) --begin;
  auto end = first_greater;
  while (end != solutions_.end() && end->objectives[1] >= y[1]) ++end;
  if (begin == end) {
    solutions_.insert(begin, std::move(solution));
  } else {
    *begin = std::move(solution);
    solutions_.erase(begin + 1, end);
  }
  return true;
}

ObjectiveVector ParetoFront::IdealPoint() const {
  assert(!solutions_.empty());
  return {solutions_.front().objectives[0], solutions_.back().objectives[1]};
}

ObjectiveVector ParetoFront::NadirPoint() const {
  assert(!solutions_.empty());
  return {solutions_.back().objectives[0], solutions_.front().objectives[1]};
}

double ParetoFront::Hypervolume(const ObjectiveVector& reference) const {
  double area = 0;
  for (int i = 0; i < size(); ++i) {
    const ObjectiveVector& y = solutions_[i].objectives;
    if (y[0] >= reference[0]) break;
    if (y[1] >= reference[1]) continue;
    const double right =
        i + 1 < size() ? std::min(solutions_[i + 1].objectives[0], reference[0]) : reference[0];
    area += (right - y[0]) * (reference[1] - y[1]);
  }
  return area;
}

}  // namespace atomstream
