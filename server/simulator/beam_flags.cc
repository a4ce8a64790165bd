#include "server/simulator/beam_flags.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream {
namespace {

absl::Status Refuse(absl::string_view item, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("beam_damage = ", item, ": ", why));
}

}  // namespace

absl::StatusOr<std::vector<BeamDamage>> ParseBeamDamage(absl::string_view text) {
  std::vector<BeamDamage> all;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const absl::string_view item = absl::StripAsciiWhitespace(part);
    const std::pair<absl::string_view, absl::string_view> halves =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    const std::pair<absl::string_view, absl::string_view> names =
        absl::StrSplit(halves.first, absl::MaxSplits(':', 1));
    const absl::string_view species = names.first, event = names.second;
    if (species.empty() || (event != "hop" && event != "knock_out")) {
      return Refuse(item, "must be SPECIES:hop=DOSE or SPECIES:knock_out=DOSE");
    }
    double dose = 0;
    if (!absl::SimpleAtod(halves.second, &dose) || !std::isfinite(dose) || dose <= 0) {
      return Refuse(item, "the dose must be a positive number of electrons per nm^2");
    }
    auto damage = std::find_if(all.begin(), all.end(), [&](const BeamDamage& d) {
      return absl::string_view(d.species) == species;
    });
    if (damage == all.end()) {
      damage = all.insert(all.end(), BeamDamage{std::string(species), 0, 0});
    }
    double& value = event == "hop" ? damage->hop_dose : damage->knock_out_dose;
    if (value > 0) return Refuse(item, "is given twice");
    value = dose;
  }
  return all;
}

}  // namespace atomstream
