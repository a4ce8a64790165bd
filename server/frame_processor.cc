#include "server/frame_processor.h"

#include <utility>

#include "core/base/status_macros.h"
#include "server/frame_scorer.h"

namespace atomstream {

FrameProcessor::FrameProcessor(const LogStar* log_star, Executor* executor, const Clock* clock,
                               DaemonMetrics* metrics)
    : log_star_(log_star), executor_(executor), clock_(clock), metrics_(metrics) {}

ProcessedFrame FrameProcessor::Process(AdmittedFrame admitted) {
  ProcessedFrame processed;
  FrameRecord& record = processed.record;
  const FrameMetadata& metadata = admitted.frame->metadata();
  record.frame_id = metadata.id;
  record.frame_number = metadata.number;
  record.acquisition_time = metadata.acquisition_time;
  record.width_px = admitted.frame->width();
  record.height_px = admitted.frame->height();
  record.origin = admitted.origin;
  record.frames_dropped_before = admitted.frames_dropped_before;

  // The branches of a frame. A second detector (U-Net) becomes a second entry, run beside this one;
  // what needs all detectors (clusters) follows them. One failing leaves the others untouched.
  record.detectors.push_back(RunLogStar(admitted));

  if (metadata.ground_truth) {
    for (const DetectorRecord& detector : record.detectors) {
      if (!detector.status.ok()) continue;
      auto score = ScoreAtoms(detector.detector, detector.log_star.atoms, *metadata.ground_truth);
      if (score.ok()) record.evaluations.push_back(*std::move(score));
    }
  }

  processed.live_index = admitted.live_index;
  processed.submission = std::move(admitted.submission);
  processed.arrival_time = admitted.arrival_time;
  processed.processed_time = clock_->Now();
  record.timings = {{"queue", admitted.admission_time - admitted.arrival_time},
                    {"process", processed.processed_time - admitted.admission_time}};
  return processed;
}

DetectorRecord FrameProcessor::RunLogStar(const AdmittedFrame& admitted) {
  DetectorRecord record;
  record.detector = "log_star";
  const std::shared_ptr<const WarmStart> warm_start = WarmStartFor(admitted);
  absl::StatusOr<LogStarResult> result = CatchToStatus(
      "log_star", [&] { return log_star_->Detect(*admitted.frame, warm_start.get(), *executor_); });
  if (!result.ok()) {
    record.status = result.status();
    metrics_->frames_failed->Increment();
    return record;
  }
  record.log_star = *std::move(result);
  // The search's state is for the next frame only; history need not keep it.
  KeepWarmStart(admitted, std::exchange(record.log_star.next_warm_start, nullptr));
  metrics_->optimizer_evaluations->Increment(record.log_star.evaluations);
  metrics_->optimizer_infeasible->Increment(record.log_star.infeasible);
  for (const StageTime& stage : StagesOf(record.log_star.timings)) {
    metrics_->ObserveStage(stage.stage, stage.duration);
  }
  return record;
}

std::shared_ptr<const WarmStart> FrameProcessor::WarmStartFor(const AdmittedFrame& admitted) const {
  if (admitted.origin != FrameOrigin::kSource) return nullptr;
  MutexLock lock(&mutex_);
  return admitted.frame->metadata().material == warm_start_material_ ? warm_start_ : nullptr;
}

void FrameProcessor::KeepWarmStart(const AdmittedFrame& admitted,
                                   std::shared_ptr<const WarmStart> warm_start) {
  // A frame with nothing to learn from (blank, no lattice) leaves what is known.
  if (admitted.origin != FrameOrigin::kSource || warm_start == nullptr) return;
  MutexLock lock(&mutex_);
  // Frames may finish out of order: an older one must not replace what a newer one found.
  if (admitted.live_index < warm_start_live_index_) return;
  warm_start_ = std::move(warm_start);
  warm_start_material_ = admitted.frame->metadata().material;
  warm_start_live_index_ = admitted.live_index;
}

}  // namespace atomstream
