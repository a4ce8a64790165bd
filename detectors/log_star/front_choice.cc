#include "detectors/log_star/front_choice.h"

#include <limits>
#include <map>
#include <utility>

#include "detectors/log_star/solution_choice.h"

namespace atomstream {
namespace {

constexpr double kPreprocessingMargin = 0.03;  // of QC + ER

// QC + ER at the knee.
double Total(const ParetoFront& front) {
  const int knee = ChooseOnFront(front, SolutionChoice()).value();
  const ObjectiveVector& objectives = front.solutions()[knee].objectives;
  return objectives[0] + objectives[1];
}

}  // namespace

ParetoFront ChooseFront(const SearchSpace& space, const std::vector<Solution>& evaluated) {
  std::map<int, ParetoFront> fronts;  // by variant, in the configured order
  for (const Solution& solution : evaluated) {
    fronts[space.Decode(solution.point).variant].Insert(solution);
  }
  ParetoFront chosen;
  double best = std::numeric_limits<double>::infinity();
  for (auto& [variant, front] : fronts) {
    if (front.empty()) continue;
    const double total = Total(front);
    if (!chosen.empty() && total >= best - kPreprocessingMargin) continue;
    best = total;
    chosen = std::move(front);
  }
  return chosen;
}

}  // namespace atomstream
