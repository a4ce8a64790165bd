// StoreMetrics: the metrics of the store of results. Part of DaemonMetrics; the pointers stay valid
// as long as the registry. Updates come from any thread. Without history.path only results and
// bytes are set.
#ifndef ATOMSTREAM_SERVER_METRICS_STORE_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_STORE_METRICS_H_

#include "server/metrics/metric.h"

namespace atomstream {

struct StoreMetrics {
  StoreMetrics() = default;
  explicit StoreMetrics(MetricRegistry& registry);

  Gauge* results = nullptr;  // kept
  Gauge* bytes = nullptr;    // of them
  Histogram* commit_seconds = nullptr;
  Counter* commits_failed = nullptr;
  Gauge* recording = nullptr;  // 1, or 0 while results cannot be written
  Gauge* results_waiting = nullptr;
  Gauge* age = nullptr;             // seconds that the oldest of these waits
  Counter* results_lost = nullptr;  // published, but never written
  Gauge* disk_free_bytes = nullptr;
  Counter* maintenance_failed = nullptr;
  Counter* mark_failed = nullptr;
  Counter* damaged = nullptr;  // stores that were moved aside
  Gauge* kept_frames = nullptr;
  Gauge* kept_frame_bytes = nullptr;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_STORE_METRICS_H_
