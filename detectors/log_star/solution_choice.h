// Solution choice: from everything that was evaluated to a Pareto front, and from a front to the
// one solution that makes the atoms. Plain data and pure functions; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_SOLUTION_CHOICE_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_SOLUTION_CHOICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/optimize/pareto_front.h"

namespace atomstream {

// Which solution of a front an operator, an agent or the configuration wants.
struct SolutionChoice {
  enum class Kind {
    kKnee,        // the least ER among solutions whose QC is within 0.01 of the front's best
    kPreference,  // by position along the front, 0: least ER, 1: least QC
    kMinEr,       // the front's least ER
    kMinQc,       // the front's least QC
    kIndex,       // this member of this front
    kWeights,     // the least qc_weight QC + er_weight ER; of equals the least QC
  };
  Kind kind = Kind::kKnee;
  double preference = 0;  // kPreference: [0, 1]
  int index = 0;          // kIndex: >= 0
  double qc_weight = 1;   // kWeights: finite, >= 0, not both 0
  double er_weight = 1;

  static SolutionChoice ByPreference(double preference);
  static SolutionChoice AtIndex(int index);
  static SolutionChoice ByWeights(double qc_weight, double er_weight);

  bool operator==(const SolutionChoice&) const = default;
};

// "knee", "min_er" or "min_qc"; InvalidArgument names these.
absl::StatusOr<SolutionChoice> NamedChoice(absl::string_view name);

// "knee", "preference", "min_er", "min_qc", "index", "weights".
absl::string_view ChoiceName(const SolutionChoice& choice);

// Whether the values are in range, as far as no front is needed to tell. InvalidArgument names the
// field and its value.
absl::Status ValidateChoice(const SolutionChoice& choice);

// The same wish for other fronts than the one of `front_size` members that an index was chosen on:
// an index becomes the preference for the same share of the way; all others stay what they are.
SolutionChoice ForOtherFronts(const SolutionChoice& choice, int front_size);

// Index of the chosen solution. Errors: as ValidateChoice; FailedPrecondition: the front is empty;
// OutOfRange: it has no member of that index.
absl::StatusOr<int> ChooseOnFront(const ParetoFront& front, const SolutionChoice& choice);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_SOLUTION_CHOICE_H_
