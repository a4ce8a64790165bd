#include "server/metrics/delivery_metrics.h"

namespace atomstream {

DeliveryMetrics::DeliveryMetrics(MetricRegistry& registry) {
  constexpr const char* kPolicies[] = {"latest", "queue", "lossless"};  // in the enum's order
  for (size_t i = 0; i < policies_.size(); ++i) {
    const MetricLabels labels = {{"policy", kPolicies[i]}};
    policies_[i] = {
        .subscribers = registry.AddGauge("atomstream_subscribers", labels),
        .wait = registry.AddHistogram("atomstream_delivery_wait_seconds",
                                      {0.0005, 0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5}, labels),
        .backlog = registry.AddGauge("atomstream_subscriber_backlog_results", labels),
        .results_delivered = registry.AddCounter("atomstream_results_delivered_total", labels),
        .gaps = registry.AddCounter("atomstream_gaps_total", labels),
        .gap_results = registry.AddCounter("atomstream_gap_results_total", labels)};
  }
  subscriptions_resumed = registry.AddCounter("atomstream_subscriptions_resumed_total");
  replay_reads_ok = registry.AddCounter("atomstream_replay_reads_total", {{"outcome", "ok"}});
  replay_reads_failed =
      registry.AddCounter("atomstream_replay_reads_total", {{"outcome", "failed"}});
  heartbeats = registry.AddCounter("atomstream_heartbeats_total");
}

}  // namespace atomstream
