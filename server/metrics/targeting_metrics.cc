#include "server/metrics/targeting_metrics.h"

#include <limits>

namespace atomstream {
namespace {

// In the order of core's enums.
constexpr const char* kDriftStates[] = {"measured", "ambiguous", "lost"};
constexpr const char* kWithdrawalReasons[] = {"vanished",     "moved",         "no_longer_meets",
                                              "left_frame",   "drift_unknown", "view_changed",
                                              "epoch_changed"};
constexpr const char* kVisitOutcomes[] = {"completed", "failed",    "abandoned",     "expired",
                                          "cancelled", "withdrawn", "epoch_changed", "shutdown"};

template <size_t kCount>
std::array<Counter*, kCount> AddCounters(MetricRegistry& registry, const char* name,
                                         const char* label, const char* const (&values)[kCount]) {
  std::array<Counter*, kCount> counters;
  for (size_t i = 0; i < kCount; ++i) {
    counters[i] = registry.AddCounter(name, {{label, values[i]}});
  }
  return counters;
}

}  // namespace

TargetingMetrics::TargetingMetrics(MetricRegistry& registry) {
  drift_frames = AddCounters(registry, "atomstream_drift_frames_total", "state", kDriftStates);
  drift_quality = registry.AddGauge("atomstream_drift_quality_ratio");
  drift_step_px = registry.AddGauge("atomstream_drift_step_px");
  drift_step_px->Set(std::numeric_limits<double>::quiet_NaN());
  drift_step_meters = registry.AddGauge("atomstream_drift_step_meters");
  drift_step_meters->Set(std::numeric_limits<double>::quiet_NaN());
  identities_lost = registry.AddCounter("atomstream_identities_lost_total");
  frames_passed_over = registry.AddCounter("atomstream_frames_passed_over_total");
  sites_followed = registry.AddGauge("atomstream_sites_followed");
  selections = registry.AddGauge("atomstream_selections");
  targets = registry.AddGauge("atomstream_targets");
  targets_withdrawn =
      AddCounters(registry, "atomstream_targets_withdrawn_total", "reason", kWithdrawalReasons);
  watch_frames_skipped = registry.AddCounter("atomstream_watch_frames_skipped_total");
  visits = AddCounters(registry, "atomstream_visits_total", "outcome", kVisitOutcomes);
  visits_refused = registry.AddCounter("atomstream_visits_refused_total");
  visits_waiting = registry.AddGauge("atomstream_queue_depth", {{"queue", "visits"}});
  visits_age = registry.AddGauge("atomstream_queue_age_seconds", {{"queue", "visits"}});
  dose = registry.AddGauge("atomstream_dose_seconds");
  dose_reserved = registry.AddGauge("atomstream_dose_reserved_seconds");
  beam_blanks = registry.AddCounter("atomstream_beam_blanks_total");
  beam_blank_failures = registry.AddCounter("atomstream_beam_blank_failures_total");
  beam_blank_failing = registry.AddGauge("atomstream_beam_blank_failing");
}

}  // namespace atomstream
