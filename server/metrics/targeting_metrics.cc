#include "server/metrics/targeting_metrics.h"

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
                                         const char* help, const char* label,
                                         const char* const (&values)[kCount]) {
  std::array<Counter*, kCount> counters;
  for (size_t i = 0; i < kCount; ++i) {
    counters[i] = registry.AddCounter(name, help, {{label, values[i]}});
  }
  return counters;
}

}  // namespace

TargetingMetrics::TargetingMetrics(MetricRegistry& registry) {
  drift_frames =
      AddCounters(registry, "atomstream_drift_frames_total",
                  "Live frames by how sure the drift into them is.", "state", kDriftStates);
  drift_quality = registry.AddGauge("atomstream_drift_quality_ratio",
                                    "Quality of the drift into the newest frame, 0 to 1.");
  identities_lost = registry.AddCounter("atomstream_identities_lost_total",
                                        "How often all ids of followed sites ended.");
  frames_passed_over = registry.AddCounter(
      "atomstream_frames_passed_over_total",
      "Live results in which nothing could be followed, e.g. because they have no lattice.");
  sites_followed = registry.AddGauge("atomstream_sites_followed", "Sites that have an id.");
  selections = registry.AddGauge("atomstream_selections", "Selections of targets.");
  targets = registry.AddGauge("atomstream_targets", "Targets of all selections together.");
  targets_withdrawn =
      AddCounters(registry, "atomstream_targets_withdrawn_total",
                  "Targets withdrawn, over all selections.", "reason", kWithdrawalReasons);
  watch_frames_skipped =
      registry.AddCounter("atomstream_watch_frames_skipped_total",
                          "Frames merged into a later one because a watcher was slow.");
  visits = AddCounters(registry, "atomstream_visits_total", "Visits by how they ended.", "outcome",
                       kVisitOutcomes);
  visits_refused = registry.AddCounter("atomstream_visits_refused_total",
                                       "Visits that were refused before the site was reserved.");
  visits_waiting = registry.AddGauge("atomstream_queue_depth", "Entries that wait in a queue.",
                                     {{"queue", "visits"}});
  dose = registry.AddGauge("atomstream_dose_seconds",
                           "Time that the beam has been on targets since the start.");
  dose_reserved = registry.AddGauge("atomstream_dose_reserved_seconds",
                                    "Time that live visits may still take.");
  beam_blanks = registry.AddCounter("atomstream_beam_blanks_total",
                                    "How often the beam was blanked by the daemon.");
  beam_blank_failures = registry.AddCounter("atomstream_beam_blank_failures_total",
                                            "Attempts to blank the beam that failed.");
  beam_blank_failing =
      registry.AddGauge("atomstream_beam_blank_failing",
                        "1: the beam could not be blanked and may be on; no visits are accepted.");
}

}  // namespace atomstream
