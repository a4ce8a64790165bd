// KeptFrameMetrics: the metrics of the frames that are kept on disk. Part of DaemonMetrics; the
// pointers stay valid as long as the registry. Updates come from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_KEPT_FRAME_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_KEPT_FRAME_METRICS_H_

#include "server/metrics/metric.h"

namespace atomstream {

// Frames offered = kept + dropped (all reasons) + waiting.
struct KeptFrameMetrics {
  KeptFrameMetrics() = default;
  explicit KeptFrameMetrics(MetricRegistry& registry);

  Counter* kept = nullptr;  // written, or there already
  Counter* dropped_busy = nullptr;
  Counter* dropped_unused = nullptr;  // no result could name it any more
  Counter* dropped_failed = nullptr;
  Counter* dropped_shutdown = nullptr;
  Counter* dropped_switched_off = nullptr;  // none were to be kept any more while it waited
  Gauge* waiting = nullptr;
  Gauge* age = nullptr;               // seconds that the oldest of these waits
  Histogram* keep_seconds = nullptr;  // from the offer until it is written
  // Reads of frames from disk.
  Counter* reads_ok = nullptr;
  Counter* reads_missing = nullptr;
  Counter* reads_damaged = nullptr;
  Counter* reads_failed = nullptr;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_KEPT_FRAME_METRICS_H_
