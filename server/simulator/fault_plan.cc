#include "server/simulator/fault_plan.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace atomstream {

absl::StatusOr<FaultPlan> ParseFaultPlan(absl::string_view text) {
  FaultPlan plan;
  int64_t late_ms = absl::ToInt64Milliseconds(plan.beam.late_by);
  const std::pair<absl::string_view, int64_t*> numbered[] = {
      {"drop_link_every_", &plan.drop_link_every},
      {"bad_frame_every_", &plan.bad_frame_every},
      {"duplicate_number_every_", &plan.duplicate_number_every},
      {"stall_after_", &plan.stall_after},
      {"beam_fails_every_", &plan.beam.fail_every},
      {"beam_hangs_every_", &plan.beam.hang_every},
      {"beam_late_every_", &plan.beam.late_every},
      {"beam_late_ms_", &late_ms},
  };
  for (const absl::string_view item : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const absl::string_view fault = absl::StripAsciiWhitespace(item);
    bool known = fault == "stall";
    if (known) plan.stall_after = 1;
    for (const auto& [prefix, value] : numbered) {
      absl::string_view number = fault;
      if (known || !absl::ConsumePrefix(&number, prefix)) continue;
      known = absl::SimpleAtoi(number, value) && *value > 0;
    }
    if (!known) {
      return absl::InvalidArgumentError(
          absl::StrCat("fault = ", fault,
                       ": must be drop_link_every_N, bad_frame_every_N, duplicate_number_every_N, "
                       "stall_after_N, stall, beam_fails_every_N, beam_hangs_every_N, "
                       "beam_late_every_N or beam_late_ms_N, with N > 0"));
    }
  }
  plan.beam.late_by = absl::Milliseconds(late_ms);
  return plan;
}

}  // namespace atomstream
