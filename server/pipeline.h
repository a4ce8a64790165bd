// Pipeline: a frame's whole way through the daemon. The one place that shows the topology.
//
//   FrameSource ──▶ [ingest thread] ──▶ Admission ◀── Submit (AnalyzeFrame)
//                                          │ Take, at most frames_in_flight inside
//                                          ▼
//                     [frame threads] FrameProcessor ── TryRun (live), Enqueue ──▶ InferenceRunner
//                                          │                                            │
//                        LoG* ─▶ score     │        (work spread over Executor)         ▼
//                                          │                   [inference thread] U-Net ─▶ score
//                                          │ Add                                        │
//                                          AddAndWait ▼ ▼
//      [assembler thread] order ─▶ drift ─▶ ResultStore.Append ─▶ ResultHub.Publish ─▶ Targeting
//                              │ NewestFrame        ▲ AddAndWait
//                              ▼                    │
//      steering ─ Reevaluate ─▶ [reevaluation thread] the newest live frame, decided anew
//
// LoG* runs under the settings that count when a frame begins (SettingsHolder). After a change the
// newest live frame that has a result gets another one, which takes the earlier one's place.
//
// LoG*'s live results are followed from frame to frame: Targeting gives sites ids and brings every
// selection of targets up to the frame, on the assembler's thread.
//
// Behind each detector, on its own thread, StructureStage sorts the atoms into clusters and names
// the kinds of their sites.
//
// One result a detector and frame, published as soon as it is ready; each tells how far the frame's
// other detectors are (FrameProgress). A frame's place inside is free again when its LoG* result is
// published; what the U-Net holds has bounds of its own: one live frame, submit_queue submissions.
//
// Frames are dropped and counted in Admission; the U-Net leaves out live frames while it is busy,
// counted, and their LoG* result says so; results are dropped in a slow subscriber's mailbox:
// nowhere else. Nothing after Admission waits for a subscriber or for the source, and LoG* not for
// the U-Net.
//
// Owned by the daemon, which calls Start and Shutdown; the rest may be called by any thread.
#ifndef ATOMSTREAM_SERVER_PIPELINE_H_
#define ATOMSTREAM_SERVER_PIPELINE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "server/admission.h"
#include "server/assembler.h"
#include "server/frame_processor.h"
#include "server/health/detector_outcomes.h"
#include "server/health/pipeline_progress.h"
#include "server/hub/result_hub.h"
#include "server/inference/inference_runner.h"
#include "server/ingest/ingest.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/newest_frame.h"
#include "server/reevaluator.h"
#include "server/run_stats.h"
#include "server/source/frame_source.h"
#include "server/steering/active_settings.h"
#include "server/store/frame_cache.h"
#include "server/store/frame_finder.h"
#include "server/store/frame_keeper.h"
#include "server/store/result_store.h"
#include "server/structure/structure_stage.h"
#include "server/trace/span_writer.h"

namespace atomstream {

struct PipelineOptions {
  int frames_in_flight = 2;
  int submit_queue = 16;
  // The source waits for the pipeline instead of losing frames (a replay as fast as possible).
  bool source_waits = false;
  BackoffOptions backoff = {};
  std::optional<StructureOptions> structure = {};  // unset: no clusters and site kinds
};

// All outlive the pipeline.
struct PipelineDependencies {
  FrameSource* source = nullptr;  // null: frames come through Submit only
  const SettingsHolder* settings = nullptr;
  const ModelHolder* model = nullptr;         // null: no U-Net
  std::function<void()> lower_unet_priority;  // as InferenceDependencies::lower_priority
  Executor* executor = nullptr;
  ResultStore* store = nullptr;
  ResultHub* hub = nullptr;
  FrameCache* frames = nullptr;         // null: frames are not kept
  FrameKeeper* keeper = nullptr;        // null: frames are not kept on disk
  const FrameFinder* finder = nullptr;  // for frames to reprocess; null: only the newest can be
  Targeting* targeting = nullptr;       // null: live frames are not followed
  SpanWriter* spans = nullptr;          // null: none are written
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;
  const Clock* clock = nullptr;         // for stamps
  const Clock* steady_clock = nullptr;  // for durations
  InterruptibleWait* wait = nullptr;    // for the backoff
  std::function<double()> random;       // [0, 1), for the backoff's jitter; ingest thread only
};

struct PipelineStatus {
  SourceStatus source;
  int frames_in_flight = 0;
  double results_per_second = 0;
  absl::Duration latency_p50;  // from a frame's arrival to its result
};

class Pipeline {
 public:
  Pipeline(const PipelineOptions& options, PipelineDependencies dependencies);
  // Waits for work that has begun, however long it takes.
  ~Pipeline();

  void Start();

  // The detectors that can be asked for.
  DetectorSet detectors() const;

  // Analyses `frame` besides the live ones with `wanted`, of detectors() at least one. See
  // Submission for `done`; the returned handle is for Cancel. ResourceExhausted: the queue is full.
  // Unavailable: shutting down. Never waits.
  absl::StatusOr<std::shared_ptr<Submission>> Submit(std::shared_ptr<const Frame> frame,
                                                     DetectorSet wanted, Submission::Done done,
                                                     CallMarks marks = {});

  // Searches a frame again with LoG*, from the beginning: the newest live one if `frame_id` is its
  // id or empty, else one of the frames that are kept. As Submit, but for the time that it takes to
  // read a frame from disk. NotFound: it is not kept; DataLoss: it is damaged.
  absl::StatusOr<std::shared_ptr<Submission>> Reprocess(const std::string& frame_id,
                                                        Submission::Done done,
                                                        CallMarks marks = {});

  // Clusters and site kinds of frames from now on; unset: none. Any thread.
  void SetStructure(const std::optional<StructureOptions>& options) {
    structure_.SetOptions(options);
  }

  // Settings have changed: see Reevaluator. Never waits.
  void Reevaluate() { reevaluator_.Poke(); }

  // The newest live frame that has a result; nullopt: there is none yet.
  std::optional<KeptFrame> newest_frame() const { return newest_.Get(); }

  // Whether Submit would take a frame now, and why not: to be asked before a frame is decoded.
  absl::Status CheckRoom(DetectorSet wanted);

  // Nobody waits for the result any more. A frame that has not been admitted yet, or still waits
  // for the U-Net, is dropped there and its `done` called with CANCELLED; work that has begun is
  // finished.
  void Cancel(Submission& submission);

  // Stops admission, cancels the source, and lets the frames inside finish until `deadline`; then
  // drops those that still wait. True: all threads are joined. False: some work is still running;
  // only the end of the process (or the destructor, at leisure) ends it.
  bool Shutdown(absl::Time deadline);

  PipelineStatus status() const;

  // Brings the metrics of how long frames wait, and of how long nothing was done, up to now.
  void ShowAges() const;

  // Whether frames get on; that of the U-Net is null without one.
  const PipelineProgress* progress() const { return &progress_; }
  const PipelineProgress* unet_progress() const {
    return inference_ == nullptr ? nullptr : &unet_progress_;
  }
  const DetectorOutcomes& outcomes() const { return outcomes_; }

 private:
  void ProcessFrames();  // a frame thread's life
  absl::Status UnetQueueFull() const;
  // The frame to search again, and what it was before.
  absl::StatusOr<std::pair<std::shared_ptr<const Frame>, EarlierResult>> FindForReprocess(
      const std::string& frame_id) const;

  const PipelineDependencies deps_;
  const PipelineOptions options_;
  RunStats stats_;
  PipelineProgress progress_;
  PipelineProgress unet_progress_;
  DetectorOutcomes outcomes_;
  StructureStage structure_;
  std::unique_ptr<InferenceRunner> inference_;  // null: no U-Net; outlives all places
  Admission admission_;
  NewestFrame newest_;
  FrameProcessor processor_;
  Assembler assembler_;
  Reevaluator reevaluator_;
  Ingest ingest_;
  std::vector<std::thread> frame_threads_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_PIPELINE_H_
