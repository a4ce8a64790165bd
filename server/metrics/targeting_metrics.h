// TargetingMetrics: the metrics of drift, targets, visits and the beam. docs/operations.md explains
// them. Created once, before any thread; updates come from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_TARGETING_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_TARGETING_METRICS_H_

#include <array>

#include "server/metrics/metric.h"

namespace atomstream {

struct TargetingMetrics {
  explicit TargetingMetrics(MetricRegistry& registry);

  // Drift. By index of DriftState; the frames without an earlier one are in none of them.
  std::array<Counter*, 3> drift_frames;
  Gauge* drift_quality;         // of the newest frame
  Gauge* drift_step_px;         // into the newest frame; NaN: it could not be measured …
  Gauge* drift_step_meters;     // … or the pixel size is unknown
  Counter* identities_lost;     // how often all ids ended
  Counter* frames_passed_over;  // live results that could not be followed

  // Targets.
  Gauge* sites_followed;
  Gauge* selections;
  Gauge* targets;                             // of all selections together
  std::array<Counter*, 7> targets_withdrawn;  // by index of WithdrawalReason
  Counter* watch_frames_skipped;              // over all watchers

  // Visits and the beam.
  std::array<Counter*, 8> visits;  // by index of VisitOutcome
  Counter* visits_refused;         // before they were leased
  Gauge* visits_waiting;
  Gauge* visits_age;     // seconds that the oldest of these waits
  Gauge* dose;           // seconds of beam, charged
  Gauge* dose_reserved;  // seconds
  Counter* beam_blanks;
  Counter* beam_blank_failures;
  Gauge* beam_blank_failing;  // 1: the beam may be on, and the microscope does not obey
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_TARGETING_METRICS_H_
