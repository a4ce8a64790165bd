// Reevaluator: brings the newest live frame up to date when settings have changed, on a thread of
// its own, so that an operator sees at once what a change does.
//
// It is told that something may have changed (Poke), never what: it compares the newest frame with
// the present settings, so that of many changes in a row only the newest is worked on. One poke
// waits; those that come meanwhile are the same. Owned by the pipeline, which calls Start and
// Shutdown; Poke may be called by any thread. One frame is worked on at a time, and its result is
// published before the next begins.
#ifndef ATOMSTREAM_SERVER_REEVALUATOR_H_
#define ATOMSTREAM_SERVER_REEVALUATOR_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/job_thread.h"
#include "server/frame_progress.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/newest_frame.h"
#include "server/steering/active_settings.h"

namespace atomstream {

// All outlive the reevaluator.
struct ReevaluatorDependencies {
  const SettingsHolder* settings = nullptr;
  const NewestFrame* newest = nullptr;
  // The frame's result under these settings. FailedPrecondition: it has nothing to choose from.
  std::function<absl::StatusOr<DetectorEvent>(const KeptFrame&, const SettingsPtr&)> evaluate;
  // Returns when the result was published, or found to be overtaken by a newer frame's.
  std::function<void(DetectorEvent)> publish;
  const Clock* steady_clock = nullptr;
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;
};

class Reevaluator {
 public:
  // Ends by waiting for a frame that is being worked on.
  explicit Reevaluator(ReevaluatorDependencies dependencies);

  void Start() { thread_.Start(); }

  // Settings or the newest frame may have changed. Never waits.
  void Poke();

  // Begins nothing any more. True: the thread is joined. False: a frame is still being worked on.
  bool Shutdown(absl::Time deadline);

 private:
  void Evaluate(absl::Time poke_time);

  const ReevaluatorDependencies deps_;
  // What could not be decided anew and need not be tried again; of the thread.
  int64_t given_up_live_index_ = -1;
  int64_t given_up_version_ = 0;
  JobThread<absl::Time> thread_;  // of the time of the first poke that was not served
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_REEVALUATOR_H_
