#include "detectors/log_star/solution_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace atomstream {
namespace {

constexpr double kPreprocessingMargin = 0.03;  // of QC + ER
constexpr double kQcTolerance = 0.01;

// The front's knee near its least first objective: members are sorted by it, so the last one within
// the tolerance has the least second objective.
int KneeNearMinQc(const ParetoFront& front) {
  int index = 0;
  const double limit = front.IdealPoint()[0] + kQcTolerance;
  for (int i = 0; i < front.size(); ++i) {
    if (front.solutions()[i].objectives[0] <= limit) index = i;
  }
  return index;
}

double Total(const ParetoFront& front) {
  const ObjectiveVector& objectives = front.solutions()[KneeNearMinQc(front)].objectives;
  return objectives[0] + objectives[1];
}

}  // namespace

Choice ChooseSolution(const SearchSpace& space, const std::vector<Solution>& evaluated,
                      std::optional<double> preference) {
  std::map<int, ParetoFront> fronts;  // by variant, in the configured order
  for (const Solution& solution : evaluated) {
    fronts[space.Decode(solution.point).variant].Insert(solution);
  }
  Choice choice;
  double best = std::numeric_limits<double>::infinity();
  for (auto& [variant, front] : fronts) {
    if (front.empty()) continue;
    const double total = Total(front);
    if (!choice.front.empty() && total >= best - kPreprocessingMargin) continue;
    best = total;
    choice.front = std::move(front);
  }
  if (choice.front.empty()) return choice;
  if (preference) {
    choice.index = static_cast<int>(std::lround((1 - *preference) * (choice.front.size() - 1)));
    choice.reason = "preference";
  } else {
    choice.index = KneeNearMinQc(choice.front);
    choice.reason = "knee";
  }
  return choice;
}

}  // namespace atomstream
