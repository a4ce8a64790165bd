#include "server/metrics/daemon_metrics.h"

#include <limits>

namespace atomstream {
namespace {

// Seconds. The service goals (0.1, 0.25, 0.5, 1, 2, 5, 9 s) are bounds of buckets, so that the
// share of frames that meets one can be read off exactly.
const std::vector<double> kLatencyBuckets = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 9};

constexpr const char* kInvalidReasons[] = {"size",     "pixels",       "pixel_type", "pixel_size",
                                           "frame_id", "frame_number", "other"};

constexpr const char* kLossReasons[] = {"unreachable", "broken",  "ended",
                                        "refused",     "invalid", "other"};

constexpr const char* kStages[] = {"queue",    "normalise", "lattice",  "preprocess", "scale_space",
                                   "optimise", "detect",    "clusters", "structure",  "scene",
                                   "process",  "order",     "drift",    "store",      "publish",
                                   "targets",  "total"};

constexpr const char* kDetectors[] = {"log_star", "unet"};

constexpr const char* kUnetStages[] = {"wait",     "normalise", "lattice", "rescale",
                                       "transfer", "compute",   "locate",  "inference",
                                       "clusters", "structure", "total"};

UnetMetrics AddUnetMetrics(MetricRegistry& registry) {
  UnetMetrics unet;
  const auto frames = [&registry](const char* outcome) {
    return registry.AddCounter("atomstream_unet_frames_total", {{"outcome", outcome}});
  };
  unet.done = frames("done");
  unet.failed = frames("failed");
  unet.non_finite = frames("non_finite");
  unet.skipped_busy = frames("skipped_busy");
  unet.cancelled = frames("cancelled");
  unet.shutdown = frames("shutdown");
  for (const char* stage : kUnetStages) {
    unet.stages[stage] = registry.AddHistogram("atomstream_unet_latency_seconds", kLatencyBuckets,
                                               {{"stage", stage}});
  }
  unet.tiles = registry.AddCounter("atomstream_unet_tiles_total");
  unet.batch_tiles =
      registry.AddHistogram("atomstream_unet_batch_tiles", {1, 2, 4, 8, 16, 32, 64, 128, 256});
  const auto memory = [&registry](const char* kind) {
    Gauge* gauge = registry.AddGauge("atomstream_unet_memory_bytes", {{"kind", kind}});
    gauge->Set(std::numeric_limits<double>::quiet_NaN());
    return gauge;
  };
  unet.weight_bytes = memory("weights");
  unet.peak_bytes = memory("peak");
  unet.allocated_bytes = memory("allocated");
  unet.reserved_bytes = memory("reserved");
  unet.mean_variance = registry.AddGauge("atomstream_unet_mean_variance");
  unet.reloads_ok = registry.AddCounter("atomstream_unet_reloads_total", {{"outcome", "ok"}});
  unet.reloads_refused =
      registry.AddCounter("atomstream_unet_reloads_total", {{"outcome", "refused"}});
  unet.model = registry.AddInfo("atomstream_unet_model_info");
  return unet;
}

}  // namespace

FramesDropped::FramesDropped(MetricRegistry& registry) {
  const auto dropped = [&registry](const char* place, const char* reason) {
    return registry.AddCounter("atomstream_frames_dropped_total",
                               {{"place", place}, {"reason", reason}});
  };
  overtaken = dropped("admission", "overtaken");
  cancelled = dropped("admission", "cancelled");
  shutdown = dropped("admission", "shutdown");
  unet_cancelled = dropped("unet", "cancelled");
  unet_shutdown = dropped("unet", "shutdown");
  refused_by_store = dropped("store", "refused");
}

int64_t FramesDropped::total() const {
  return overtaken->value() + cancelled->value() + shutdown->value() + unet_cancelled->value() +
         unet_shutdown->value() + refused_by_store->value();
}

DaemonMetrics::DaemonMetrics(MetricRegistry& registry, absl::string_view version)
    : frames_dropped(registry),
      targeting(registry),
      delivery(registry),
      kept_frames(registry),
      security(registry),
      calls(registry),
      store(registry) {
  frames_received_source =
      registry.AddCounter("atomstream_frames_received_total", {{"origin", "source"}});
  frames_received_analyze =
      registry.AddCounter("atomstream_frames_received_total", {{"origin", "analyze"}});
  decode_source = registry.AddHistogram("atomstream_frame_decode_seconds", kLatencyBuckets,
                                        {{"origin", "source"}});
  decode_analyze = registry.AddHistogram("atomstream_frame_decode_seconds", kLatencyBuckets,
                                         {{"origin", "analyze"}});
  for (const char* reason : kInvalidReasons) {
    frames_invalid_[reason] =
        registry.AddCounter("atomstream_frames_invalid_total", {{"reason", reason}});
  }
  frames_processed = registry.AddCounter("atomstream_frames_processed_total");
  for (const char* detector : kDetectors) {
    OfDetector& of = detectors_[detector];
    const MetricLabels labels = {{"detector", detector}};
    of.failed = registry.AddCounter("atomstream_frames_failed_total", labels);
    of.atoms = registry.AddGauge("atomstream_atoms", labels);
    of.f1 = registry.AddGauge("atomstream_f1_ratio", labels);
    of.f1->Set(std::numeric_limits<double>::quiet_NaN());
    of.structure = StructureMetrics(registry, detector);
    of.lattice = LatticeMetrics(registry, detector);
  }
  unet = AddUnetMetrics(registry);
  results_lost = registry.AddCounter("atomstream_results_lost_total");
  results_dropped_mailbox =
      registry.AddCounter("atomstream_results_dropped_total", {{"place", "mailbox"}});
  submissions_refused = registry.AddCounter("atomstream_submissions_refused_total");
  for (const char* stage : kStages) {
    stages_[stage] = registry.AddHistogram("atomstream_stage_latency_seconds", kLatencyBuckets,
                                           {{"stage", stage}});
  }
  optimizer_evaluations = registry.AddCounter("atomstream_optimizer_evaluations_total");
  optimizer_infeasible = registry.AddCounter("atomstream_optimizer_infeasible_total");
  hypervolume = registry.AddGauge("atomstream_hypervolume_ratio");
  chosen_qc = registry.AddGauge("atomstream_chosen_qc_ratio");
  chosen_er = registry.AddGauge("atomstream_chosen_er_ratio");
  frames_in_flight = registry.AddGauge("atomstream_frames_in_flight");
  live_frame_waiting = registry.AddGauge("atomstream_queue_depth", {{"queue", "live"}});
  submissions_waiting = registry.AddGauge("atomstream_queue_depth", {{"queue", "analyze"}});
  unet_waiting = registry.AddGauge("atomstream_queue_depth", {{"queue", "unet"}});
  mailbox_results = registry.AddGauge("atomstream_queue_depth", {{"queue", "mailboxes"}});
  const auto age = [&registry](const char* queue) {
    return registry.AddGauge("atomstream_queue_age_seconds", {{"queue", queue}});
  };
  queue_ages = {age("live"), age("analyze"), age("unet"), age("mailboxes")};
  pipeline_stalled = registry.AddGauge("atomstream_stalled_seconds", {{"part", "pipeline"}});
  unet_stalled = registry.AddGauge("atomstream_stalled_seconds", {{"part", "unet"}});
  const auto reevaluations = [&registry](const char* outcome) {
    return registry.AddCounter("atomstream_reevaluations_total", {{"outcome", outcome}});
  };
  reevaluations_done = reevaluations("done");
  reevaluations_overtaken = reevaluations("overtaken");
  reevaluations_failed = reevaluations("failed");
  reevaluation_seconds = registry.AddHistogram("atomstream_reevaluation_seconds",
                                               {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5});
  settings_version = registry.AddGauge("atomstream_settings_version");
  settings_version->Set(1);
  audit_lines_written =
      registry.AddCounter("atomstream_audit_lines_total", {{"outcome", "written"}});
  audit_lines_failed = registry.AddCounter("atomstream_audit_lines_total", {{"outcome", "failed"}});
  constexpr const char* kStates[] = {"none", "connecting", "streaming", "finished"};
  for (size_t i = 0; i < source_states_.size(); ++i) {
    source_states_[i] = registry.AddGauge("atomstream_source_state", {{"state", kStates[i]}});
  }
  SetSourceState(kNone);
  for (const char* reason : kLossReasons) {
    source_reconnects_[reason] =
        registry.AddCounter("atomstream_source_reconnects_total", {{"reason", reason}});
  }
  registry.AddGauge("atomstream_build_info", {{"version", std::string(version)}})->Set(1);
}

Counter* DaemonMetrics::FramesInvalid(absl::string_view reason) const {
  const auto found = frames_invalid_.find(std::string(reason));
  return found != frames_invalid_.end() ? found->second : frames_invalid_.at("other");
}

int64_t DaemonMetrics::FramesInvalidTotal() const {
  int64_t total = 0;
  for (const auto& [reason, counter] : frames_invalid_) total += counter->value();
  return total;
}

const DaemonMetrics::OfDetector& DaemonMetrics::Of(absl::string_view detector) const {
  return detectors_.at(std::string(detector));
}

Counter* DaemonMetrics::FramesFailed(absl::string_view detector) const {
  return Of(detector).failed;
}

int64_t DaemonMetrics::FramesFailedTotal() const {
  int64_t total = 0;
  for (const auto& [detector, of] : detectors_) total += of.failed->value();
  return total;
}

Gauge* DaemonMetrics::Atoms(absl::string_view detector) const { return Of(detector).atoms; }

const StructureMetrics& DaemonMetrics::Structure(absl::string_view detector) const {
  return Of(detector).structure;
}

const LatticeMetrics& DaemonMetrics::Lattice(absl::string_view detector) const {
  return Of(detector).lattice;
}

Counter* DaemonMetrics::SourceReconnects(absl::string_view reason) const {
  const auto found = source_reconnects_.find(std::string(reason));
  return found != source_reconnects_.end() ? found->second : source_reconnects_.at("other");
}

Gauge* DaemonMetrics::F1(absl::string_view detector) const { return Of(detector).f1; }

void UnetMetrics::ObserveStage(absl::string_view stage, absl::Duration duration) const {
  const auto found = stages.find(std::string(stage));
  if (found != stages.end()) found->second->Observe(absl::ToDoubleSeconds(duration));
}

void DaemonMetrics::ObserveStage(absl::string_view stage, absl::Duration duration) const {
  const auto found = stages_.find(std::string(stage));
  if (found != stages_.end()) found->second->Observe(absl::ToDoubleSeconds(duration));
}

void DaemonMetrics::SetSourceState(SourceStateIndex state) const {
  for (size_t i = 0; i < source_states_.size(); ++i) {
    source_states_[i]->Set(i == static_cast<size_t>(state) ? 1 : 0);
  }
}

}  // namespace atomstream
