// FrameProcessor: sends one admitted frame through its detectors scores them where the truth is
// known, and has what they found analysed. Called by several frame threads at once.
//
//   LoG*   on the calling frame thread; the heavy work spreads over the executor
//   U-Net  on the inference thread, beside LoG*; neither waits for the other
//
// A frame that has passed can be decided anew: see LogStarBranch.
#ifndef ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_
#define ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_

#include <functional>
#include <memory>
#include <optional>

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "server/admission.h"
#include "server/frame_progress.h"
#include "server/health/pipeline_progress.h"
#include "server/inference/inference_runner.h"
#include "server/log_star_branch.h"
#include "server/metrics/daemon_metrics.h"
#include "server/structure/structure_stage.h"
#include "server/targeting/scene_input.h"

namespace atomstream {

// All outlive the processor.
struct FrameProcessorDependencies {
  const SettingsHolder* settings = nullptr;
  Executor* executor = nullptr;
  const Clock* steady_clock = nullptr;
  DaemonMetrics* metrics = nullptr;
  InferenceRunner* inference = nullptr;  // null: no U-Net
  StructureStage* structure = nullptr;   // null: no clusters and site kinds
  const DriftOptions* drift = nullptr;   // null: frames are not followed
  // The U-Net's result, or that the frame was given up. Called by the threads of
  // InferenceRunner::Done.
  std::function<void(DetectorEvent)> on_unet;
};

class FrameProcessor {
 public:
  explicit FrameProcessor(FrameProcessorDependencies dependencies);

  // Hands the frame to the U-Net if it is asked for, then runs LoG*. nullopt: LoG* was not asked
  // for. `piece`: of the work on this frame; every task and every stage is a step of it.
  std::optional<DetectorEvent> Process(AdmittedFrame admitted, PipelineProgress::Piece& piece);

  // The result of a kept frame under these settings. Errors: see LogStarBranch::DecideAnew.
  absl::StatusOr<DetectorEvent> DecideAnew(const KeptFrame& kept, const SettingsPtr& settings,
                                           PipelineProgress::Piece& piece);

 private:
  DetectorSet AskedOf(const AdmittedFrame& admitted) const;
  void StartUnet(AdmittedFrame& admitted, const std::shared_ptr<FrameProgress>& progress);
  // Counts a failure, scores against the truth, analyses the structure. `piece`: whose steps these
  // are; null: nobody's.
  DetectorEvent MakeEvent(std::shared_ptr<FrameProgress> progress, const Frame& frame,
                          DetectorRecord detector, PipelineProgress::Piece* piece) const;
  // Makes a live frame's result ready for being followed.
  void AddScene(DetectorEvent& event) const;
  // Of LoG*.
  DetectorEvent MakeEvent(std::shared_ptr<FrameProgress> progress, LogStarOutcome outcome,
                          PipelineProgress::Piece& piece) const;

  const FrameProcessorDependencies deps_;
  LogStarBranch log_star_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_FRAME_PROCESSOR_H_
