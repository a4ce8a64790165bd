// Front choice: from everything that was evaluated, with any preprocessing, to one Pareto front.
// Pure function; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_FRONT_CHOICE_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_FRONT_CHOICE_H_

#include <vector>

#include "core/optimize/pareto_front.h"
#include "detectors/log_star/search_space.h"

namespace atomstream {

// The front of one preprocessing: of the first variant in the configured order, unless a later one
// makes QC + ER at its knee better by more than 0.03. Preprocessing can invent atoms, so it has to
// earn its place. The wish for a solution plays no part: moving along a front never changes it.
ParetoFront ChooseFront(const SearchSpace& space, const std::vector<Solution>& evaluated);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_FRONT_CHOICE_H_
