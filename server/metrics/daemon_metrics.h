// DaemonMetrics: every metric of the daemon, by name, in one place. docs/operations.md explains
// them.
//
// Created once, before any thread; the pointers stay valid as long as the registry. Updates come
// from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_DAEMON_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_DAEMON_METRICS_H_

#include <array>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/metrics/call_metrics.h"
#include "server/metrics/delivery_metrics.h"
#include "server/metrics/kept_frame_metrics.h"
#include "server/metrics/lattice_metrics.h"
#include "server/metrics/metric.h"
#include "server/metrics/security_metrics.h"
#include "server/metrics/store_metrics.h"
#include "server/metrics/structure_metrics.h"
#include "server/metrics/targeting_metrics.h"

namespace atomstream {

// Of the U-Net. Frames: those asked for it = the six counters together + those that wait or are
// worked on.
struct UnetMetrics {
  Counter* done;
  Counter* failed;        // the network or what surrounds it; non_finite apart
  Counter* non_finite;    // the network's output was no number
  Counter* skipped_busy;  // live frames that came while it was busy
  Counter* cancelled;     // submissions whose caller went away before their turn
  Counter* shutdown;      // given up at the end
  Counter* tiles;
  Histogram* batch_tiles;  // of each pass of a member
  Gauge* mean_variance;    // of the newest result
  // Bytes; NaN: not known.
  Gauge* weight_bytes;
  Gauge* peak_bytes;  // these three of the newest frame
  Gauge* allocated_bytes;
  Gauge* reserved_bytes;
  Counter* reloads_ok;
  Counter* reloads_refused;
  Info* model;  // labels id, device, precision

  // Time by stage; an unknown stage is ignored.
  void ObserveStage(absl::string_view stage, absl::Duration duration) const;

  std::map<std::string, Histogram*> stages;
};

// Valid frames without a result, by place and reason.
struct FramesDropped {
  explicit FramesDropped(MetricRegistry& registry);

  int64_t total() const;

  // While they waited at the door.
  Counter* overtaken;  // live: replaced by a newer one while the pipeline was busy
  Counter* cancelled;  // a submission whose caller went away
  Counter* shutdown;   // the daemon ended before their turn
  // Submissions for the U-Net alone, while they waited for it.
  Counter* unet_cancelled;
  Counter* unet_shutdown;
  Counter* refused_by_store;  // all of its results
};

struct DaemonMetrics {
  explicit DaemonMetrics(MetricRegistry& registry, absl::string_view version = "unknown");

  // Frames. received = processed + dropped (everywhere) + in the pipeline. A frame is processed
  // when its first result is published.
  Counter* frames_received_source;
  Counter* frames_received_analyze;
  Histogram* decode_source;  // unpacking and checking a frame, before its latency begins
  Histogram* decode_analyze;
  Counter* frames_processed;
  // A detector failed; the result says so.
  Counter* FramesFailed(absl::string_view detector) const;
  int64_t FramesFailedTotal() const;
  Counter* results_lost;  // the store refused the result
  FramesDropped frames_dropped;
  Counter* results_dropped_mailbox;  // for good, over all subscribers
  Counter* submissions_refused;      // AnalyzeFrame with a full queue

  // Invalid frames; `reason` outside InvalidReason's set counts as "other".
  Counter* FramesInvalid(absl::string_view reason) const;
  int64_t FramesInvalidTotal() const;

  // Latency by stage; an unknown stage is ignored.
  void ObserveStage(absl::string_view stage, absl::Duration duration) const;

  // The algorithm.
  Counter* optimizer_evaluations;
  Counter* optimizer_infeasible;
  Gauge* hypervolume;  // these, Atoms and F1: of the newest result
  Gauge* chosen_qc;
  Gauge* chosen_er;
  Gauge* Atoms(absl::string_view detector) const;
  Gauge* F1(absl::string_view detector) const;  // NaN until a frame with ground truth was scored
  UnetMetrics unet;
  TargetingMetrics targeting;
  DeliveryMetrics delivery;
  KeptFrameMetrics kept_frames;
  SecurityMetrics security;
  CallMetrics calls;
  StoreMetrics store;
  const StructureMetrics& Structure(absl::string_view detector) const;
  const LatticeMetrics& Lattice(absl::string_view detector) const;

  // Depths.
  Gauge* frames_in_flight;
  Gauge* live_frame_waiting;
  Gauge* submissions_waiting;
  Gauge* unet_waiting;
  Gauge* mailbox_results;  // waiting in all mailboxes together
  struct QueueAges {
    Gauge* live;
    Gauge* analyze;
    Gauge* unet;
    Gauge* mailboxes;
  } queue_ages;  // seconds that the oldest entry waits; those of other queues are with their parts
  Gauge* pipeline_stalled;  // seconds without progress, though there is work
  Gauge* unet_stalled;

  // The newest live frame decided anew after a change of settings. Overtaken: a newer frame was
  // published before the result was.
  Counter* reevaluations_done;
  Counter* reevaluations_overtaken;
  Counter* reevaluations_failed;
  Histogram* reevaluation_seconds;  // from the request until the new result's publication
  Gauge* settings_version;

  // Lines of the audit log, by whether they are in its file.
  Counter* audit_lines_written;
  Counter* audit_lines_failed;

  // The source.
  enum SourceStateIndex { kNone, kConnecting, kStreaming, kFinished };
  void SetSourceState(SourceStateIndex state) const;
  // By LossReason; what is none of its names counts as "other".
  Counter* SourceReconnects(absl::string_view reason) const;

 private:
  // Of one detector.
  struct OfDetector {
    Counter* failed;
    Gauge* atoms;
    Gauge* f1;
    StructureMetrics structure;
    LatticeMetrics lattice;
  };
  const OfDetector& Of(absl::string_view detector) const;

  std::map<std::string, Counter*> frames_invalid_;
  std::map<std::string, OfDetector> detectors_;
  std::map<std::string, Histogram*> stages_;
  std::array<Gauge*, 4> source_states_;
  std::map<std::string, Counter*> source_reconnects_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_DAEMON_METRICS_H_
