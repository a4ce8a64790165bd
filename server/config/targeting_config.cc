#include "server/config/targeting_config.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/config/check.h"

namespace atomstream {
namespace {

constexpr double kDay = 86400;  // s

// 0 < value <= highest; NaN fails.
absl::Status CheckPositive(absl::string_view name, double value, double highest) {
  if (value > 0 && value <= highest) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "targeting.", name, " = ", value, ": must be above 0",
      highest < std::numeric_limits<double>::max() ? absl::StrCat(" and at most ", highest)
                                                   : " and finite"));
}

absl::Status ReadDoses(const config::v1::TargetingConfig& config, LedgerOptions& ledger) {
  constexpr double kFinite = std::numeric_limits<double>::max();
  if (config.has_max_site_dose_s()) ledger.max_site_dose = config.max_site_dose_s();
  RETURN_IF_ERROR(CheckPositive("max_site_dose_s", ledger.max_site_dose, kFinite));
  if (config.has_max_total_dose_s()) ledger.max_total_dose = config.max_total_dose_s();
  RETURN_IF_ERROR(CheckPositive("max_total_dose_s", ledger.max_total_dose, kFinite));
  if (config.has_max_dwell_ms()) {
    RETURN_IF_ERROR(CheckPositive("max_dwell_ms", config.max_dwell_ms(), 3.6e6));
    ledger.max_dwell = absl::Milliseconds(config.max_dwell_ms());
  }
  if (config.has_max_lease_s()) {
    RETURN_IF_ERROR(CheckPositive("max_lease_s", config.max_lease_s(), kDay));
    ledger.max_lease = absl::Seconds(config.max_lease_s());
  }
  if (ledger.max_lease < ledger.max_dwell) {
    return absl::InvalidArgumentError(absl::StrCat(
        "targeting.max_lease_s = ", absl::ToDoubleSeconds(ledger.max_lease),
        ": must be at least max_dwell_ms = ", absl::ToDoubleMilliseconds(ledger.max_dwell)));
  }
  return absl::OkStatus();
}

absl::Status ReadAges(const config::v1::TargetingConfig& config, TargetingOptions& options) {
  if (config.has_max_target_age_s()) {
    RETURN_IF_ERROR(CheckPositive("max_target_age_s", config.max_target_age_s(), kDay));
    options.max_target_age = absl::Seconds(config.max_target_age_s());
  }
  if (config.has_max_target_age_frames()) {
    options.max_target_age_frames = config.max_target_age_frames();
  }
  if (config.has_selection_idle_s()) {
    RETURN_IF_ERROR(CheckPositive("selection_idle_s", config.selection_idle_s(), kDay));
    options.selection_idle = absl::Seconds(config.selection_idle_s());
  }
  return CheckInRange("targeting.max_target_age_frames", options.max_target_age_frames, 1.0,
                      1000.0);
}

absl::Status ReadTracking(const config::v1::TargetingConfig& config, TargetingOptions& options) {
  DriftOptions& drift = options.drift;
  if (config.has_max_drift_step_px()) drift.max_step_px = config.max_drift_step_px();
  RETURN_IF_ERROR(CheckInRange("targeting.max_drift_step_px", drift.max_step_px, 1.0, 1024.0));
  if (config.has_drift_change_px()) drift.step_change_px = config.drift_change_px();
  RETURN_IF_ERROR(CheckInRange("targeting.drift_change_px", drift.step_change_px, 1e-3, 1024.0));
  SiteTrackerOptions& tracker = options.tracker;
  if (config.has_min_drift_quality()) tracker.min_drift_quality = config.min_drift_quality();
  RETURN_IF_ERROR(CheckInRange("targeting.min_drift_quality", tracker.min_drift_quality, 0.0, 1.0));
  if (config.has_tolerance_d_nn()) tracker.tolerance_d_nn = config.tolerance_d_nn();
  RETURN_IF_ERROR(CheckInRange("targeting.tolerance_d_nn", tracker.tolerance_d_nn, 0.01, 0.49));
  if (config.has_max_sites()) tracker.max_sites = config.max_sites();
  return CheckInRange("targeting.max_sites", tracker.max_sites, 1, 65536);
}

}  // namespace

absl::StatusOr<TargetingOptions> TargetingOptionsFromConfig(
    const config::v1::TargetingConfig& config) {
  TargetingOptions options;
  if (config.has_enabled()) options.enabled = config.enabled();
  RETURN_IF_ERROR(ReadDoses(config, options.ledger));
  RETURN_IF_ERROR(ReadAges(config, options));
  RETURN_IF_ERROR(ReadTracking(config, options));
  if (config.has_patience_frames()) options.patience_frames = config.patience_frames();
  RETURN_IF_ERROR(CheckInRange("targeting.patience_frames", options.patience_frames, 0, 1000));
  if (config.has_max_selections()) options.max_selections = config.max_selections();
  RETURN_IF_ERROR(CheckInRange("targeting.max_selections", options.max_selections, 1, 1000));
  if (config.has_visit_queue()) options.visit_queue = config.visit_queue();
  RETURN_IF_ERROR(CheckInRange("targeting.visit_queue", options.visit_queue, 1, 1000));
  // Those that wait, and the one that has the beam.
  options.ledger.max_leases = options.visit_queue + 1;
  RETURN_IF_ERROR(ValidateTargetingOptions(options));
  return options;
}

}  // namespace atomstream
