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
#include "server/metrics/metric.h"

namespace atomstream {

struct DaemonMetrics {
  explicit DaemonMetrics(MetricRegistry& registry, absl::string_view version = "unknown");

  // Frames. received = processed + dropped (all places) + in the pipeline.
  Counter* frames_received_source;
  Counter* frames_received_analyze;
  Counter* frames_processed;
  Counter* frames_failed;             // a detector failed; the result says so
  Counter* results_lost;              // the store refused the result
  Counter* frames_dropped_admission;  // replaced by a newer one while the pipeline was busy
  Counter* frames_dropped_cancelled;  // the AnalyzeFrame call ended before its turn
  Counter* frames_dropped_shutdown;   // the drain deadline passed
  Counter* results_dropped_mailbox;   // over all subscribers
  Counter* submissions_refused;       // AnalyzeFrame with a full queue

  // Invalid frames; `reason` outside InvalidReason's set counts as "other".
  Counter* FramesInvalid(absl::string_view reason) const;
  int64_t FramesInvalidTotal() const;

  // Latency by stage; an unknown stage is ignored.
  void ObserveStage(absl::string_view stage, absl::Duration duration) const;

  // The algorithm.
  Counter* optimizer_evaluations;
  Counter* optimizer_infeasible;
  Gauge* hypervolume;  // these three: of the newest result
  Gauge* chosen_qc;
  Gauge* chosen_er;
  Gauge* atoms;
  Gauge* f1;  // NaN until a frame with ground truth was scored

  // Depths.
  Gauge* frames_in_flight;
  Gauge* live_frame_waiting;
  Gauge* submissions_waiting;
  Gauge* mailbox_results;  // waiting in all mailboxes together
  Gauge* subscribers;

  // The source.
  enum SourceStateIndex { kNone, kConnecting, kStreaming, kFinished };
  void SetSourceState(SourceStateIndex state) const;
  Counter* source_reconnects;

 private:
  std::map<std::string, Counter*> frames_invalid_;
  std::map<std::string, Histogram*> stages_;
  std::array<Gauge*, 4> source_states_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_DAEMON_METRICS_H_
