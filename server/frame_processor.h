// FrameProcessor: one admitted frame in, its record out: runs the detectors and scores them where
// the truth is known. Called by several frame threads at once; the heavy work spreads over the
// executor.
//
// Warm start: a live frame begins where the newest finished live frame of the same material ended.
// Submissions always begin cold, so that their results do not depend on what else is running.
#ifndef ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_
#define ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/mutex.h"
#include "detectors/log_star/log_star.h"
#include "server/admission.h"
#include "server/metrics/daemon_metrics.h"
#include "server/record/frame_record.h"

namespace atomstream {

// A record on its way to the assembler, not yet numbered.
struct ProcessedFrame {
  FrameRecord record;
  int64_t live_index = 0;                  // as in AdmittedFrame
  std::shared_ptr<Submission> submission;  // as in AdmittedFrame
  absl::Time arrival_time;                 // these two on the steady clock
  absl::Time processed_time;
};

class FrameProcessor {
 public:
  // All pointers outlive the processor. `clock` is a steady one.
  FrameProcessor(const LogStar* log_star, Executor* executor, const Clock* clock,
                 DaemonMetrics* metrics);

  ProcessedFrame Process(AdmittedFrame admitted);

 private:
  DetectorRecord RunLogStar(const AdmittedFrame& admitted);
  std::shared_ptr<const WarmStart> WarmStartFor(const AdmittedFrame& admitted) const;
  void KeepWarmStart(const AdmittedFrame& admitted, std::shared_ptr<const WarmStart> warm_start);

  const LogStar* const log_star_;
  Executor* const executor_;
  const Clock* const clock_;
  DaemonMetrics* const metrics_;

  mutable Mutex mutex_;
  std::shared_ptr<const WarmStart> warm_start_ ABSL_GUARDED_BY(mutex_);
  std::string warm_start_material_ ABSL_GUARDED_BY(mutex_);
  int64_t warm_start_live_index_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_
