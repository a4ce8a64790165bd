#include "server/pipeline.h"

#include <optional>
#include <utility>

#include "core/base/status_macros.h"

namespace atomstream {
namespace {

AdmissionOptions AdmissionOptionsOf(const PipelineOptions& options, bool live_source) {
  return {.frames_in_flight = options.frames_in_flight,
          .submit_queue = options.submit_queue,
          .live_source = live_source,
          .live_frames_wait = options.source_waits};
}

}  // namespace

// The wiring, in the order in which a frame passes.
Pipeline::Pipeline(const PipelineOptions& options, PipelineDependencies dependencies)
    : deps_(std::move(dependencies)),
      frame_threads_wanted_(options.frames_in_flight),
      admission_(AdmissionOptionsOf(options, deps_.source != nullptr), deps_.steady_clock,
                 deps_.metrics),
      processor_(deps_.log_star, deps_.executor, deps_.steady_clock, deps_.metrics),
      assembler_({.store = deps_.store,
                  .hub = deps_.hub,
                  .clock = deps_.clock,
                  .steady_clock = deps_.steady_clock,
                  .metrics = deps_.metrics,
                  .log = deps_.log,
                  .stats = &stats_,
                  .release = [this](FrameOrigin origin) { admission_.Release(origin); }}),
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
  assembler_.Stop();
}

// Consumers first, so that the first frame finds everything ready.
void Pipeline::Start() {
  assembler_.Start();
  for (int i = 0; i < frame_threads_wanted_; ++i) {
    frame_threads_.emplace_back([this] { ProcessFrames(); });
  }
  ingest_.Start();
}

void Pipeline::ProcessFrames() {
  while (std::optional<AdmittedFrame> admitted = admission_.Take()) {
    assembler_.Add(processor_.Process(*std::move(admitted)));
  }
}

absl::StatusOr<std::shared_ptr<Submission>> Pipeline::Submit(std::shared_ptr<const Frame> frame,
                                                             Submission::Done done) {
  auto submission = std::make_shared<Submission>(std::move(done));
  RETURN_IF_ERROR(admission_.Submit(std::move(frame), submission));
  return submission;
}

void Pipeline::Cancel(Submission& submission) {
  submission.Cancel();
  admission_.DropCancelled();
}

bool Pipeline::Shutdown(absl::Time deadline) {
  admission_.Close();
  ingest_.Stop();
  const bool drained = admission_.WaitUntilEmpty(deadline);
  admission_.Abandon();
  if (!drained && !admission_.WaitUntilEmpty(absl::InfinitePast())) return false;
  for (std::thread& thread : frame_threads_) thread.join();
  frame_threads_.clear();
  assembler_.Stop();
  return true;
}

PipelineStatus Pipeline::status() const {
  return {.source = ingest_.status(),
          .frames_in_flight = admission_.frames_in_flight(),
          .results_per_second = stats_.ResultsPerSecond(deps_.steady_clock->Now()),
          .latency_p50 = stats_.LatencyP50()};
}

}  // namespace atomstream
