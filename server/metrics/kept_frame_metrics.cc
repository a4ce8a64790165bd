#include "server/metrics/kept_frame_metrics.h"

namespace atomstream {

KeptFrameMetrics::KeptFrameMetrics(MetricRegistry& registry) {
  kept = registry.AddCounter("atomstream_frames_kept_total");
  const auto dropped = [&registry](const char* reason) {
    return registry.AddCounter("atomstream_frames_not_kept_total", {{"reason", reason}});
  };
  dropped_busy = dropped("busy");
  dropped_unused = dropped("unused");
  dropped_failed = dropped("failed");
  dropped_shutdown = dropped("shutdown");
  dropped_switched_off = dropped("switched_off");
  waiting = registry.AddGauge("atomstream_frames_waiting_to_be_kept");
  age = registry.AddGauge("atomstream_queue_age_seconds", {{"queue", "kept_frames"}});
  keep_seconds = registry.AddHistogram("atomstream_frame_keep_seconds",
                                       {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30});
  const auto reads = [&registry](const char* outcome) {
    return registry.AddCounter("atomstream_kept_frame_reads_total", {{"outcome", outcome}});
  };
  reads_ok = reads("ok");
  reads_missing = reads("missing");
  reads_damaged = reads("damaged");
  reads_failed = reads("failed");
}

}  // namespace atomstream
