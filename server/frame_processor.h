// FrameProcessor: sends one admitted frame through its detectors scores them where the truth is
// known, and has what they found analysed. Called by several frame threads at once.
//
//   LoG*   on the calling frame thread; the heavy work spreads over the executor
//   U-Net  on the inference thread, beside LoG*; neither waits for the other
//
// Warm start: a live frame begins where the newest finished live frame of the same material ended.
// Submissions always begin cold, so that their results do not depend on what else is running.
#ifndef ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_
#define ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/mutex.h"
#include "detectors/log_star/log_star.h"
#include "server/admission.h"
#include "server/frame_progress.h"
#include "server/inference/inference_runner.h"
#include "server/metrics/daemon_metrics.h"
#include "server/structure/structure_stage.h"

namespace atomstream {

// All outlive the processor.
struct FrameProcessorDependencies {
  const LogStar* log_star = nullptr;
  Executor* executor = nullptr;
  const Clock* steady_clock = nullptr;
  DaemonMetrics* metrics = nullptr;
  InferenceRunner* inference = nullptr;  // null: no U-Net
  StructureStage* structure = nullptr;   // null: no clusters and site kinds
  // The U-Net's result, or that the frame was given up. Called by the threads of
  // InferenceRunner::Done.
  std::function<void(DetectorEvent)> on_unet;
};

class FrameProcessor {
 public:
  explicit FrameProcessor(FrameProcessorDependencies dependencies);

  // Hands the frame to the U-Net if it is asked for, then runs LoG*. nullopt: LoG* was not asked
  // for.
  std::optional<DetectorEvent> Process(AdmittedFrame admitted);

 private:
  DetectorSet AskedOf(const AdmittedFrame& admitted) const;
  void StartUnet(AdmittedFrame& admitted, const std::shared_ptr<FrameProgress>& progress);
  DetectorRecord RunLogStar(const AdmittedFrame& admitted);
  // Counts a failure, scores against the truth, analyses the structure.
  DetectorEvent MakeEvent(std::shared_ptr<FrameProgress> progress, const Frame& frame,
                          DetectorRecord detector) const;
  std::shared_ptr<const WarmStart> WarmStartFor(const AdmittedFrame& admitted) const;
  void KeepWarmStart(const AdmittedFrame& admitted, std::shared_ptr<const WarmStart> warm_start);

  const FrameProcessorDependencies deps_;

  mutable Mutex mutex_;
  std::shared_ptr<const WarmStart> warm_start_ ABSL_GUARDED_BY(mutex_);
  std::string warm_start_material_ ABSL_GUARDED_BY(mutex_);
  int64_t warm_start_live_index_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_
