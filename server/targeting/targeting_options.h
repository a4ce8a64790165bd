// TargetingOptions: every setting of targets and visits in the daemon. Plain data.
#ifndef ATOMSTREAM_SERVER_TARGETING_TARGETING_OPTIONS_H_
#define ATOMSTREAM_SERVER_TARGETING_TARGETING_OPTIONS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/structure/drift_view.h"
#include "core/target/site_tracker.h"
#include "core/target/visit_ledger.h"

namespace atomstream {

// Doses are seconds of beam: the beam's current is not known here.
inline LedgerOptions DefaultLedgerOptions() {
  LedgerOptions ledger;
  ledger.max_site_dose = 10;
  ledger.max_total_dose = 3600;
  return ledger;
}

struct TargetingOptions {
  bool enabled = true;  // false: no drift, no targets, no visits
  DriftOptions drift;
  SiteTrackerOptions tracker;
  LedgerOptions ledger = DefaultLedgerOptions();
  int patience_frames = 3;                            // [0, 1000], of criteria that say nothing
  int max_selections = 32;                            // at a time, [1, 1000]
  absl::Duration selection_idle = absl::Minutes(10);  // until an unused one ends, > 0
  int visit_queue = 16;                               // visits that wait, [1, 1000]
  // The newest frame must not be older than this when the beam is placed, nor older than so many
  // of the frames' periods: what the specimen did since then is a guess.
  absl::Duration max_target_age = absl::Seconds(5);  // > 0
  double max_target_age_frames = 10;                 // >= 1
};

// InvalidArgument names the option and its value.
absl::Status ValidateTargetingOptions(const TargetingOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_TARGETING_OPTIONS_H_
