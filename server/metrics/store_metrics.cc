#include "server/metrics/store_metrics.h"

#include <limits>

namespace atomstream {

StoreMetrics::StoreMetrics(MetricRegistry& registry) {
  results = registry.AddGauge("atomstream_store_results", "Results that are kept.");
  bytes = registry.AddGauge("atomstream_store_bytes", "Size of the results that are kept.");
  commit_seconds = registry.AddHistogram(
      "atomstream_store_commit_seconds", "Time of one commit of results to disk.",
      {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5});
  commits_failed = registry.AddCounter("atomstream_store_commits_failed_total",
                                       "Commits of results that failed, each attempt.");
  recording = registry.AddGauge("atomstream_store_recording",
                                "1; 0 while results cannot be written to disk.");
  recording->Set(1);
  results_waiting = registry.AddGauge("atomstream_store_results_waiting",
                                      "Published results that wait to be written to disk.");
  results_lost = registry.AddCounter(
      "atomstream_store_results_lost_total",
      "Published results that could not be written: their numbers alone are kept.");
  disk_free_bytes = registry.AddGauge("atomstream_store_disk_free_bytes",
                                      "Free space where the store lies; NaN: not known.");
  disk_free_bytes->Set(std::numeric_limits<double>::quiet_NaN());
  maintenance_failed =
      registry.AddCounter("atomstream_store_maintenance_failed_total",
                          "Attempts to delete or tidy up in the store that failed.");
  mark_failed = registry.AddCounter(
      "atomstream_store_mark_failed_total",
      "Failures to note down how far the store is: a loss of so many results would not be seen.");
  damaged = registry.AddCounter("atomstream_store_damaged_total",
                                "Stores that were found damaged and moved aside.");
  kept_frames =
      registry.AddGauge("atomstream_store_kept_frames", "Frames whose pixels are kept on disk.");
  kept_frame_bytes = registry.AddGauge("atomstream_store_kept_frame_bytes",
                                       "Size of the frames that are kept on disk.");
}

}  // namespace atomstream
