#include "server/frame_processor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "core/image/normalise.h"
#include "server/frame_scorer.h"

namespace atomstream {
namespace {

bool SameAtoms(const std::vector<Atom>& a, const std::vector<Atom>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Atom& x, const Atom& y) {
    return x.x_px == y.x_px && x.y_px == y.y_px && x.sigma_px == y.sigma_px &&
           x.intensity == y.intensity && x.response == y.response;
  });
}

}  // namespace

FrameProcessor::FrameProcessor(FrameProcessorDependencies dependencies)
    : deps_(std::move(dependencies)),
      log_star_({.settings = deps_.settings, .metrics = deps_.metrics}) {}

std::optional<DetectorEvent> FrameProcessor::Process(AdmittedFrame admitted,
                                                     PipelineProgress::Piece& piece) {
  const DetectorSet asked = AskedOf(admitted);
  auto progress = std::make_shared<FrameProgress>(admitted, asked);
  // Held so that all stages share it. A stage that cannot have it says so itself.
  std::shared_ptr<const NormalisedImage> normalised;
  CatchToStatus("normalise", [&]() -> absl::Status {
    normalised = admitted.frame->normalised();
    return absl::OkStatus();
  }).IgnoreError();
  piece.Step();
  // The branches of a frame. One that fails leaves the others untouched.
  if (asked.Has(DetectorKind::kUnet)) StartUnet(admitted, progress);
  if (!asked.Has(DetectorKind::kLogStar)) return std::nullopt;
  SteppingExecutor executor(deps_.executor, &piece);
  LogStarOutcome outcome = log_star_.Run(admitted, executor);
  piece.Step();
  DetectorEvent event = MakeEvent(std::move(progress), std::move(outcome), piece);
  piece.Step();
  event.holds_place = true;
  if (admitted.submission == nullptr && event.detector.status.ok()) AddScene(event);
  return event;
}

void FrameProcessor::AddScene(DetectorEvent& event) const {
  if (deps_.drift == nullptr) return;
  const absl::Time begin = event.finish_time;
  event.scene = std::make_shared<const SceneInput>(
      MakeSceneInput(*event.progress->frame, event.detector, *deps_.drift));
  event.finish_time = deps_.steady_clock->Now();
  deps_.metrics->ObserveStage("scene", event.finish_time - begin);
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
      event = MakeEvent(progress, *frame, std::move(detector), /*piece=*/nullptr);
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
                                        DetectorRecord detector,
                                        PipelineProgress::Piece* piece) const {
  const auto step = [piece] {
    if (piece != nullptr) piece->Step();
  };
  DetectorEvent event;
  event.progress = std::move(progress);
  if (detector.status.ok() && deps_.structure != nullptr && detector.structure == nullptr) {
    detector.structure = deps_.structure->Analyse(
        frame, detector, event.progress->place_in_stream(), event.progress->request_id(), step);
    step();
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

DetectorEvent FrameProcessor::MakeEvent(std::shared_ptr<FrameProgress> progress,
                                        LogStarOutcome outcome,
                                        PipelineProgress::Piece& piece) const {
  const std::shared_ptr<const Frame> frame = progress->frame;
  DetectorEvent event = MakeEvent(std::move(progress), *frame, std::move(outcome.detector), &piece);
  event.cause = outcome.cause;
  event.settings_version = outcome.settings_version;
  if (outcome.kept) {
    event.kept = std::make_shared<KeptFrame>(*std::move(outcome.kept));
    if (event.kept->progress == nullptr) event.kept->progress = event.progress;
  }
  return event;
}

absl::StatusOr<DetectorEvent> FrameProcessor::DecideAnew(const KeptFrame& kept,
                                                         const SettingsPtr& settings,
                                                         PipelineProgress::Piece& piece) {
  SteppingExecutor executor(deps_.executor, &piece);
  ASSIGN_OR_RETURN(LogStarOutcome outcome, log_star_.DecideAnew(kept, settings, executor));
  piece.Step();
  // Nearby wishes choose the same solution: what is known of its atoms still holds.
  if (SameAtoms(outcome.detector.atoms(), kept.record->detector.atoms())) {
    outcome.detector.structure = kept.record->detector.structure;
  }
  return MakeEvent(kept.progress, std::move(outcome), piece);
}

}  // namespace atomstream
