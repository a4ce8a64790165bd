// Solution choice: from everything that was evaluated on the whole frame to its Pareto front and to
// the one solution that makes the atoms. Pure functions; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_SOLUTION_CHOICE_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_SOLUTION_CHOICE_H_

#include <optional>
#include <string>
#include <vector>

#include "core/optimize/pareto_front.h"
#include "detectors/log_star/search_space.h"

namespace atomstream {

struct Choice {
  ParetoFront front;   // of the variant that was chosen
  int index = -1;      // of the chosen solution in it; -1: front is empty
  std::string reason;  // "knee" or "preference"
};

// First the preprocessing: the first variant in the configured order, unless a later one makes
// QC + ER better by more than 0.03. Preprocessing can invent atoms, so it has to earn its place.
// Then, on that variant's front, the solution:
// - without `preference`: the knee nearest min QC, that is the least ER among solutions whose QC is
//   within 0.01 of the best. (At high noise least ER alone chooses scales that are too large.)
// - with `preference` in [0, 1]: by position along the front, 0: least ER, 1: least QC.
Choice ChooseSolution(const SearchSpace& space, const std::vector<Solution>& evaluated,
                      std::optional<double> preference);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_SOLUTION_CHOICE_H_
