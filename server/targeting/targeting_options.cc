#include "server/targeting/targeting_options.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

template <typename Value>
absl::Status CheckWithin(absl::string_view name, Value value, Value low, Value high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("targeting.", name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

absl::Status CheckPositive(absl::string_view name, absl::Duration value) {
  if (value > absl::ZeroDuration() && value <= absl::Hours(24)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "targeting.", name, " = ", absl::FormatDuration(value), ": must be in (0, 24h]"));
}

}  // namespace

absl::Status ValidateTargetingOptions(const TargetingOptions& o) {
  RETURN_IF_ERROR(ValidateDriftOptions(o.drift));
  RETURN_IF_ERROR(ValidateSiteTrackerOptions(o.tracker));
  RETURN_IF_ERROR(ValidateLedgerOptions(o.ledger));
  RETURN_IF_ERROR(CheckWithin("patience_frames", o.patience_frames, 0, 1000));
  RETURN_IF_ERROR(CheckWithin("max_selections", o.max_selections, 1, 1000));
  RETURN_IF_ERROR(CheckPositive("selection_idle", o.selection_idle));
  RETURN_IF_ERROR(CheckWithin("visit_queue", o.visit_queue, 1, 1000));
  RETURN_IF_ERROR(CheckPositive("max_target_age", o.max_target_age));
  return CheckWithin("max_target_age_frames", o.max_target_age_frames, 1.0, 1000.0);
}

}  // namespace atomstream
