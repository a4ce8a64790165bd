#include "detectors/log_star/solution_choice.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

using Kind = SolutionChoice::Kind;

constexpr double kQcTolerance = 0.01;

// The front's knee near its least first objective: members are sorted by it, so the last one within
// the tolerance has the least second objective. (At high noise least ER alone chooses scales that
// are too large.)
int KneeNearMinQc(const ParetoFront& front) {
  int index = 0;
  const double limit = front.IdealPoint()[0] + kQcTolerance;
  for (int i = 0; i < front.size(); ++i) {
    if (front.solutions()[i].objectives[0] <= limit) index = i;
  }
  return index;
}

int LeastWeighted(const ParetoFront& front, double qc_weight, double er_weight) {
  int least = 0;
  double least_sum = std::numeric_limits<double>::infinity();
  for (int i = 0; i < front.size(); ++i) {
    const ObjectiveVector& objectives = front.solutions()[i].objectives;
    const double sum = qc_weight * objectives[0] + er_weight * objectives[1];
    if (sum < least_sum) {
      least_sum = sum;
      least = i;
    }
  }
  return least;
}

}  // namespace

SolutionChoice SolutionChoice::ByPreference(double preference) {
  SolutionChoice choice;
  choice.kind = Kind::kPreference;
  choice.preference = preference;
  return choice;
}

SolutionChoice SolutionChoice::AtIndex(int index) {
  SolutionChoice choice;
  choice.kind = Kind::kIndex;
  choice.index = index;
  return choice;
}

SolutionChoice SolutionChoice::ByWeights(double qc_weight, double er_weight) {
  SolutionChoice choice;
  choice.kind = Kind::kWeights;
  choice.qc_weight = qc_weight;
  choice.er_weight = er_weight;
  return choice;
}

absl::StatusOr<SolutionChoice> NamedChoice(absl::string_view name) {
  SolutionChoice choice;
  for (Kind kind : {Kind::kKnee, Kind::kMinEr, Kind::kMinQc}) {
    choice.kind = kind;
    if (name == ChoiceName(choice)) return choice;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("choice.point = \"", name, "\": must be \"knee\", \"min_er\" or \"min_qc\""));
}

absl::string_view ChoiceName(const SolutionChoice& choice) {
  switch (choice.kind) {
    case Kind::kKnee:
      return "knee";
    case Kind::kPreference:
      return "preference";
    case Kind::kMinEr:
      return "min_er";
    case Kind::kMinQc:
      return "min_qc";
    case Kind::kIndex:
      return "index";
    case Kind::kWeights:
      return "weights";
  }
  return "knee";
}

absl::Status ValidateChoice(const SolutionChoice& choice) {
  const auto refuse = [](absl::string_view field, double value, absl::string_view rule) {
    return absl::InvalidArgumentError(
        absl::StrCat("choice.", field, " = ", value, ": must be ", rule));
  };
  if (choice.kind == Kind::kPreference && !(choice.preference >= 0 && choice.preference <= 1)) {
    return refuse("preference", choice.preference, "in [0, 1]");
  }
  if (choice.kind == Kind::kIndex && choice.index < 0) {
    return refuse("index", choice.index, "at least 0");
  }
  if (choice.kind == Kind::kWeights) {
    for (const auto& [field, weight] :
         {std::pair("qc_weight", choice.qc_weight), std::pair("er_weight", choice.er_weight)}) {
      if (!(weight >= 0 && std::isfinite(weight))) {
        return refuse(field, weight, "finite and at least 0");
      }
    }
    if (choice.qc_weight == 0 && choice.er_weight == 0) {
      return refuse("er_weight", 0, "above 0 when choice.qc_weight = 0");
    }
  }
  return absl::OkStatus();
}

SolutionChoice ForOtherFronts(const SolutionChoice& choice, int front_size) {
  if (choice.kind != Kind::kIndex) return choice;
  if (front_size < 2) return SolutionChoice();
  return SolutionChoice::ByPreference(1 - static_cast<double>(choice.index) / (front_size - 1));
}

absl::StatusOr<int> ChooseOnFront(const ParetoFront& front, const SolutionChoice& choice) {
  RETURN_IF_ERROR(ValidateChoice(choice));
  if (front.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("choice = \"", ChoiceName(choice), "\": the front is empty"));
  }
  switch (choice.kind) {
    case Kind::kKnee:
      return KneeNearMinQc(front);
    case Kind::kPreference:
      return static_cast<int>(std::lround((1 - choice.preference) * (front.size() - 1)));
    case Kind::kMinEr:
      return front.size() - 1;
    case Kind::kMinQc:
      return 0;
    case Kind::kIndex:
      if (choice.index >= front.size()) {
        return absl::OutOfRangeError(absl::StrCat("choice.index = ", choice.index,
                                                  ": the front has ", front.size(), " solutions"));
      }
      return choice.index;
    case Kind::kWeights:
      return LeastWeighted(front, choice.qc_weight, choice.er_weight);
  }
  return KneeNearMinQc(front);
}

}  // namespace atomstream
