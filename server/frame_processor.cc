#include "server/frame_processor.h"

#include <utility>

#include "core/base/status_macros.h"
#include "server/frame_scorer.h"

namespace atomstream {
namespace {

// Unset: the frame stands alone.
std::optional<int64_t> LiveIndexOf(const FrameProgress& progress) {
  if (progress.common.origin != FrameOrigin::kSource) return std::nullopt;
  return progress.live_index;
}

}  // namespace

FrameProcessor::FrameProcessor(FrameProcessorDependencies dependencies)
    : deps_(std::move(dependencies)) {}

std::optional<DetectorEvent> FrameProcessor::Process(AdmittedFrame admitted) {
  const DetectorSet asked = AskedOf(admitted);
  auto progress = std::make_shared<FrameProgress>(admitted, asked);
  // The branches of a frame. One that fails leaves the others untouched.
  if (asked.Has(DetectorKind::kUnet)) StartUnet(admitted, progress);
  if (!asked.Has(DetectorKind::kLogStar)) return std::nullopt;
  DetectorEvent event = MakeEvent(std::move(progress), *admitted.frame, RunLogStar(admitted));
  event.holds_place = true;
  return event;
}

DetectorSet FrameProcessor::AskedOf(const AdmittedFrame& admitted) const {
  if (admitted.submission != nullptr) return admitted.submission->detectors();
  if (deps_.inference == nullptr) return {DetectorKind::kLogStar};
  return DetectorSet::All();
}

void FrameProcessor::StartUnet(AdmittedFrame& admitted,
                               const std::shared_ptr<FrameProgress>& progress) {
  auto done = [this, progress, frame = admitted.frame](InferenceOutcome outcome) {
    DetectorRecord detector = FailedDetector(DetectorKind::kUnet, outcome.result.status());
    if (outcome.result.ok()) detector.result = *std::move(outcome.result);
    DetectorEvent event;
    if (outcome.given_up.empty()) {
      event = MakeEvent(progress, *frame, std::move(detector));
    } else {
      event.progress = progress;
      event.detector = std::move(detector);
      event.given_up = std::move(outcome.given_up);
      event.finish_time = deps_.steady_clock->Now();
    }
    deps_.on_unet(std::move(event));
  };
  if (admitted.submission != nullptr) {
    deps_.inference->Enqueue(admitted.frame, admitted.submission, std::move(admitted.unet_place),
                             std::move(done));
  } else if (!deps_.inference->TryRun(admitted.frame, admitted.live_index, std::move(done))) {
    progress->Settle(DetectorKind::kUnet, DetectorState::kSkipped, "busy");
  }
}

DetectorEvent FrameProcessor::MakeEvent(std::shared_ptr<FrameProgress> progress, const Frame& frame,
                                        DetectorRecord detector) const {
  DetectorEvent event;
  event.progress = std::move(progress);
  if (detector.status.ok() && deps_.structure != nullptr) {
    detector.structure = deps_.structure->Analyse(frame, detector, LiveIndexOf(*event.progress));
  }
  if (!detector.status.ok()) {
    deps_.metrics->FramesFailed(DetectorName(detector.kind()))->Increment();
  } else if (frame.metadata().ground_truth) {
    auto score = ScoreAtoms(detector.atoms(), *frame.metadata().ground_truth);
    if (score.ok()) event.evaluation = *std::move(score);
  }
  event.detector = std::move(detector);
  event.finish_time = deps_.steady_clock->Now();
  return event;
}

DetectorRecord FrameProcessor::RunLogStar(const AdmittedFrame& admitted) {
  const std::shared_ptr<const WarmStart> warm_start = WarmStartFor(admitted);
  absl::StatusOr<LogStarResult> result = CatchToStatus("log_star", [&] {
    return deps_.log_star->Detect(*admitted.frame, warm_start.get(), *deps_.executor);
  });
  if (!result.ok()) return FailedDetector(DetectorKind::kLogStar, result.status());
  // The search's state is for the next frame only; history need not keep it.
  KeepWarmStart(admitted, std::exchange(result->next_warm_start, nullptr));
  deps_.metrics->optimizer_evaluations->Increment(result->evaluations);
  deps_.metrics->optimizer_infeasible->Increment(result->infeasible);
  for (const StageTime& stage : StagesOf(result->timings)) {
    deps_.metrics->ObserveStage(stage.stage, stage.duration);
  }
  DetectorRecord record;
  record.result = *std::move(result);
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
