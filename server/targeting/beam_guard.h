// BeamGuard: sees to it that the beam is blanked, and knows whether it is.
//
// Owned by the VisitDesk; Place and Blank belong to its beam thread, the rest to any thread.
// Invariant: while safe() is true the beam was never placed, or was blanked after it was.
#ifndef ATOMSTREAM_SERVER_TARGETING_BEAM_GUARD_H_
#define ATOMSTREAM_SERVER_TARGETING_BEAM_GUARD_H_

#include <atomic>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/interruptible_wait.h"
#include "server/log/event_log.h"
#include "server/metrics/targeting_metrics.h"
#include "server/targeting/beam_control.h"

namespace atomstream {

// How often blanking is tried at once, and how long each attempt may take. Between them the guard
// waits twice as long each time, from kFirstBlankWait to kLongestBlankWait.
inline constexpr int kBlankAttempts = 5;
inline constexpr int kLastBlankAttempts = 3;  // at shutdown, which has a deadline
inline constexpr absl::Duration kBlankTimeout = absl::Milliseconds(500);
inline constexpr absl::Duration kFirstBlankWait = absl::Milliseconds(20);
inline constexpr absl::Duration kLongestBlankWait = absl::Seconds(2);

class BeamGuard {
 public:
  // All outlive the guard. `wait`: interrupted, the guard tries again without waiting.
  BeamGuard(BeamControl* beam, InterruptibleWait* wait, TargetingMetrics* metrics, EventLog* log)
      : beam_(*beam), wait_(*wait), metrics_(*metrics), log_(*log) {}

  // BeamControl::Place, exceptions included. The beam is not safe from here to the next Blank,
  // unless the instrument refused to place it.
  absl::Status Place(const ScanPoint& place, absl::Duration dwell, absl::Duration timeout,
                     std::stop_token cancel);

  // Blanks, with up to so many attempts. Not OK: the beam may be on; an alarm until a later Blank
  // succeeds.
  absl::Status Blank(int attempts = kBlankAttempts);

  // The next wait before Blank should be called again while it keeps failing.
  absl::Duration NextWait();

  bool safe() const { return safe_; }
  bool failing() const { return failing_; }  // the alarm
  bool placed() const { return placed_; }    // ever

 private:
  BeamControl& beam_;
  InterruptibleWait& wait_;
  TargetingMetrics& metrics_;
  EventLog& log_;
  absl::Duration wait_time_ = kFirstBlankWait;
  std::atomic<bool> safe_{true};
  std::atomic<bool> failing_{false};
  std::atomic<bool> placed_{false};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_BEAM_GUARD_H_
