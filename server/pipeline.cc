#include "server/pipeline.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

AdmissionOptions AdmissionOptionsOf(const PipelineOptions& options, bool live_source) {
  return {.frames_in_flight = options.frames_in_flight,
          .submit_queue = options.submit_queue,
          .live_source = live_source,
          .live_frames_wait = options.source_waits};
}

std::unique_ptr<InferenceRunner> MakeInference(const PipelineOptions& options,
                                               const PipelineDependencies& deps,
                                               PipelineProgress* progress) {
  if (deps.model == nullptr) return nullptr;
  return std::make_unique<InferenceRunner>(
      options.submit_queue, InferenceDependencies{.model = deps.model,
                                                  .steady_clock = deps.steady_clock,
                                                  .metrics = deps.metrics,
                                                  .lower_priority = deps.lower_unet_priority,
                                                  .progress = progress});
}

}  // namespace

// The wiring, in the order in which a frame passes.
Pipeline::Pipeline(const PipelineOptions& options, PipelineDependencies dependencies)
    : deps_(std::move(dependencies)),
      options_(options),
      progress_(deps_.steady_clock),
      unet_progress_(deps_.steady_clock),
      structure_(options.structure,
                 {.steady_clock = deps_.steady_clock, .metrics = deps_.metrics, .log = deps_.log}),
      inference_(MakeInference(options, deps_, &unet_progress_)),
      admission_(AdmissionOptionsOf(options, deps_.source != nullptr), deps_.steady_clock,
                 deps_.metrics, &progress_),
      processor_({.settings = deps_.settings,
                  .executor = deps_.executor,
                  .steady_clock = deps_.steady_clock,
                  .metrics = deps_.metrics,
                  .inference = inference_.get(),
                  .structure = &structure_,
                  .drift = deps_.targeting == nullptr ? nullptr
                                                      : &deps_.targeting->scene().drift_options(),
                  .on_unet =
                      [this](DetectorEvent event) {
                        // What was given up may come from a thread that must not wait.
                        if (event.given_up.empty()) {
                          assembler_.AddAndWait(std::move(event));
                        } else {
                          assembler_.Add(std::move(event));
                        }
                      }}),
      assembler_({.store = deps_.store,
                  .hub = deps_.hub,
                  .frames = deps_.frames,
                  .targeting = deps_.targeting,
                  .clock = deps_.clock,
                  .steady_clock = deps_.steady_clock,
                  .metrics = deps_.metrics,
                  .log = deps_.log,
                  .stats = &stats_,
                  .newest = &newest_,
                  .progress = &progress_,
                  .outcomes = &outcomes_,
                  .spans = deps_.spans,
                  .release = [this](FrameOrigin origin) { admission_.Release(origin); },
                  // It may have begun under settings that have changed since.
                  .on_newest = [this] { reevaluator_.Poke(); }}),
      reevaluator_(
          {.settings = deps_.settings,
           .newest = &newest_,
           .evaluate =
               [this](const KeptFrame& kept, const SettingsPtr& settings) {
                 PipelineProgress::Piece piece(&progress_, /*aside=*/true);
                 return processor_.DecideAnew(kept, settings, piece);
               },
           .publish = [this](DetectorEvent event) { assembler_.AddAndWait(std::move(event)); },
           .steady_clock = deps_.steady_clock,
           .metrics = deps_.metrics,
           .log = deps_.log}),
      ingest_(
          options.backoff,
          {.source = deps_.source,
           .wait = deps_.wait,
           .random = deps_.random,
           .metrics = deps_.metrics,
           .log = deps_.log,
           .on_frame =
               [this](std::shared_ptr<const Frame> frame) {
                 admission_.OfferLive(std::move(frame));
               },
           .on_status = [this](const SourceStatus& status) { deps_.hub->PublishSource(status); }}) {
}

Pipeline::~Pipeline() {
  admission_.Abandon();
  ingest_.Stop();
  for (std::thread& thread : frame_threads_) thread.join();
  if (inference_ != nullptr) {
    inference_->Shutdown(absl::InfinitePast());  // gives up what waits
    inference_->Shutdown(absl::InfiniteFuture());
  }
  reevaluator_.Shutdown(absl::InfiniteFuture());
  assembler_.Stop();
}

// Consumers first, so that the first frame finds everything ready.
void Pipeline::Start() {
  assembler_.Start();
  reevaluator_.Start();
  if (inference_ != nullptr) inference_->Start();
  for (int i = 0; i < options_.frames_in_flight; ++i) {
    frame_threads_.emplace_back([this] { ProcessFrames(); });
  }
  ingest_.Start();
}

void Pipeline::ProcessFrames() {
  while (std::optional<AdmittedFrame> admitted = admission_.Take()) {
    const FrameOrigin origin = admitted->origin;
    // To where the frame is handed on: there it may wait for the one before it.
    PipelineProgress::Piece piece(&progress_);
    if (deps_.keeper != nullptr) admitted->ticket = deps_.keeper->Offer(admitted->frame);
    std::optional<DetectorEvent> event = processor_.Process(*std::move(admitted), piece);
    if (event) {
      assembler_.Add(*std::move(event));
    } else {
      admission_.Release(origin);
    }
  }
}

DetectorSet Pipeline::detectors() const {
  return inference_ == nullptr ? DetectorSet{DetectorKind::kLogStar} : DetectorSet::All();
}

absl::Status Pipeline::UnetQueueFull() const {
  deps_.metrics->submissions_refused->Increment();
  return absl::ResourceExhaustedError(absl::StrCat("submit_queue = ", options_.submit_queue,
                                                   ": as many frames wait for the U-Net already"));
}

absl::Status Pipeline::CheckRoom(DetectorSet wanted) {
  if (wanted.Has(DetectorKind::kUnet) && !inference_->has_room()) return UnetQueueFull();
  return admission_.CheckRoom();
}

absl::StatusOr<std::shared_ptr<Submission>> Pipeline::Submit(std::shared_ptr<const Frame> frame,
                                                             DetectorSet wanted,
                                                             Submission::Done done,
                                                             CallMarks marks) {
  InferencePlace place;
  if (wanted.Has(DetectorKind::kUnet)) {
    place = inference_->TakePlace();
    if (place == nullptr) return UnetQueueFull();
  }
  auto submission =
      std::make_shared<Submission>(wanted, std::move(done), std::nullopt, std::move(marks));
  RETURN_IF_ERROR(admission_.Submit(std::move(frame), submission, std::move(place)));
  return submission;
}

absl::StatusOr<std::pair<std::shared_ptr<const Frame>, EarlierResult>> Pipeline::FindForReprocess(
    const std::string& frame_id) const {
  const std::optional<KeptFrame> newest = newest_.Get();
  if (newest && (frame_id.empty() || newest->frame().metadata().id == frame_id)) {
    return std::pair(newest->progress->frame,
                     EarlierResult{.origin = FrameOrigin::kSource,
                                   .sequence = newest->record->position.sequence,
                                   .live = newest->progress});
  }
  if (frame_id.empty()) {
    return absl::NotFoundError("frame_id: there is no live frame with a result yet; name a frame");
  }
  if (deps_.finder == nullptr) {
    return absl::NotFoundError(absl::StrCat("frame_id = ", frame_id,
                                            ": is not the newest live frame; others are not kept"));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const Frame> frame, deps_.finder->Find(frame_id));
  EarlierResult earlier;
  const absl::StatusOr<std::vector<StoredResultPtr>> results = deps_.store->GetNewestOf(frame_id);
  if (results.ok()) {
    earlier.origin = results->back()->key.origin == FrameOriginName(FrameOrigin::kAnalyze)
                         ? FrameOrigin::kAnalyze
                         : FrameOrigin::kSource;
    for (const StoredResultPtr& result : *results) {
      if (result->key.detector == DetectorName(DetectorKind::kLogStar)) {
        earlier.sequence = result->position.sequence;
      }
    }
  }
  return std::pair(std::move(frame), std::move(earlier));
}

absl::StatusOr<std::shared_ptr<Submission>> Pipeline::Reprocess(const std::string& frame_id,
                                                                Submission::Done done,
                                                                CallMarks marks) {
  ASSIGN_OR_RETURN(auto found, FindForReprocess(frame_id));
  auto submission =
      std::make_shared<Submission>(DetectorSet{DetectorKind::kLogStar}, std::move(done),
                                   std::move(found.second), std::move(marks));
  RETURN_IF_ERROR(admission_.Submit(std::move(found.first), submission));
  return submission;
}

void Pipeline::Cancel(Submission& submission) {
  submission.Cancel();
  admission_.DropCancelled();
  if (inference_ != nullptr) inference_->DropCancelled();
}

bool Pipeline::Shutdown(absl::Time deadline) {
  admission_.Close();
  ingest_.Stop();
  bool drained = admission_.WaitUntilEmpty(deadline);
  admission_.Abandon();
  if (!drained) drained = admission_.WaitUntilEmpty(absl::InfinitePast());
  // No frame comes from a frame thread any more, unless one did not end in time.
  if (inference_ != nullptr && !inference_->Shutdown(deadline)) return false;
  if (!drained) return false;
  for (std::thread& thread : frame_threads_) thread.join();
  frame_threads_.clear();
  if (!reevaluator_.Shutdown(deadline)) return false;
  assembler_.Stop();
  return true;
}

void Pipeline::ShowAges() const {
  admission_.ShowAges();
  deps_.metrics->pipeline_stalled->Set(absl::ToDoubleSeconds(progress_.Stalled()));
  if (inference_ == nullptr) return;
  inference_->ShowAge();
  deps_.metrics->unet_stalled->Set(absl::ToDoubleSeconds(unet_progress_.Stalled()));
}

PipelineStatus Pipeline::status() const {
  return {.source = ingest_.status(),
          .frames_in_flight = admission_.frames_in_flight(),
          .results_per_second = stats_.ResultsPerSecond(deps_.steady_clock->Now()),
          .latency_p50 = stats_.LatencyP50()};
}

}  // namespace atomstream
