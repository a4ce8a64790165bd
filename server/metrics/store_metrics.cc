#include "server/metrics/store_metrics.h"

#include <limits>

namespace atomstream {

StoreMetrics::StoreMetrics(MetricRegistry& registry) {
  results = registry.AddGauge("atomstream_store_results");
  bytes = registry.AddGauge("atomstream_store_bytes");
  commit_seconds = registry.AddHistogram(
      "atomstream_store_commit_seconds",
      {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5});
  commits_failed = registry.AddCounter("atomstream_store_commits_failed_total");
  recording = registry.AddGauge("atomstream_store_recording");
  recording->Set(1);
  results_waiting = registry.AddGauge("atomstream_store_results_waiting");
  age = registry.AddGauge("atomstream_queue_age_seconds", {{"queue", "store"}});
  results_lost = registry.AddCounter("atomstream_store_results_lost_total");
  disk_free_bytes = registry.AddGauge("atomstream_store_disk_free_bytes");
  disk_free_bytes->Set(std::numeric_limits<double>::quiet_NaN());
  maintenance_failed = registry.AddCounter("atomstream_store_maintenance_failed_total");
  mark_failed = registry.AddCounter("atomstream_store_mark_failed_total");
  damaged = registry.AddCounter("atomstream_store_damaged_total");
  kept_frames = registry.AddGauge("atomstream_store_kept_frames");
  kept_frame_bytes = registry.AddGauge("atomstream_store_kept_frame_bytes");
}

}  // namespace atomstream
