// LogStarBranch: runs LoG* on frames under the settings that count when a frame begins, and decides
// a kept frame anew when they have changed. Called by several threads at once.
//
// Warm start: a live frame begins where the newest finished live frame of the same material ended.
// Submissions always begin cold, so that their results do not depend on what else is running.
//
// A live frame that began before a change of the selection or the window mode, and ends after it,
// is decided by the new one: its front is the same.
#ifndef ATOMSTREAM_SERVER_LOG_STAR_BRANCH_H_
#define ATOMSTREAM_SERVER_LOG_STAR_BRANCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/executor.h"
#include "core/base/mutex.h"
#include "server/admission.h"
#include "server/metrics/daemon_metrics.h"
#include "server/newest_frame.h"
#include "server/steering/active_settings.h"

namespace atomstream {

// All outlive the branch.
struct LogStarBranchDependencies {
  const SettingsHolder* settings = nullptr;
  DaemonMetrics* metrics = nullptr;
};

struct LogStarOutcome {
  DetectorRecord detector;
  int64_t settings_version = 0;
  ResultCause cause = ResultCause::kFrame;
  // To decide the frame anew; of a frame that comes in without its progress. Its record is that
  // which this one takes the place of, if it is known. nullopt: it failed, or is no live frame.
  std::optional<KeptFrame> kept;
};

class LogStarBranch {
 public:
  explicit LogStarBranch(LogStarBranchDependencies dependencies) : deps_(dependencies) {}

  LogStarOutcome Run(const AdmittedFrame& admitted, Executor& executor);

  // Under `settings`: from the front that the frame has, or, where they ask for another search, by
  // a quick one. FailedPrecondition: the frame has nothing to choose from. Other errors: the
  // detector's.
  absl::StatusOr<LogStarOutcome> DecideAnew(const KeptFrame& kept, const SettingsPtr& settings,
                                            Executor& executor);

 private:
  absl::StatusOr<LogStarResult> SearchAnew(const KeptFrame& kept, const SettingsPtr& settings,
                                           KeptFrame& next, Executor& executor);
  void Count(const LogStarResult& result) const;
  std::shared_ptr<const WarmStart> WarmStartFor(const AdmittedFrame& admitted) const;
  void KeepWarmStart(int64_t live_index, const std::string& material,
                     std::shared_ptr<const WarmStart> warm_start);

  const LogStarBranchDependencies deps_;

  mutable Mutex mutex_;
  std::shared_ptr<const WarmStart> warm_start_ ABSL_GUARDED_BY(mutex_);
  std::string warm_start_material_ ABSL_GUARDED_BY(mutex_);
  int64_t warm_start_live_index_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_STAR_BRANCH_H_
