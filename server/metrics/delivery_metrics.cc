#include "server/metrics/delivery_metrics.h"

namespace atomstream {

DeliveryMetrics::DeliveryMetrics(MetricRegistry& registry) {
  constexpr const char* kPolicies[] = {"latest", "queue", "lossless"};  // in the enum's order
  for (size_t i = 0; i < policies_.size(); ++i) {
    const MetricLabels labels = {{"policy", kPolicies[i]}};
    policies_[i] = {
        .subscribers = registry.AddGauge("atomstream_subscribers", "Subscribers.", labels),
        .backlog = registry.AddGauge("atomstream_subscriber_backlog_results",
                                     "Results before the newest one that the subscriber furthest "
                                     "behind has yet to get.",
                                     labels),
        .results_delivered =
            registry.AddCounter("atomstream_results_delivered_total",
                                "Results given to subscribers; one counts for each.", labels),
        .gaps =
            registry.AddCounter("atomstream_gaps_total", "Gaps declared to subscribers.", labels),
        .gap_results =
            registry.AddCounter("atomstream_gap_results_total",
                                "Results that gaps declared lost, for each subscriber.", labels)};
  }
  subscriptions_resumed = registry.AddCounter("atomstream_subscriptions_resumed_total",
                                              "Subscriptions that went on behind a result.");
  const char* reads = "Reads from the store for subscribers that were behind, by outcome.";
  replay_reads_ok =
      registry.AddCounter("atomstream_replay_reads_total", reads, {{"outcome", "ok"}});
  replay_reads_failed =
      registry.AddCounter("atomstream_replay_reads_total", reads, {{"outcome", "failed"}});
  heartbeats = registry.AddCounter("atomstream_heartbeats_total",
                                   "Heartbeats sent to subscribers that had nothing else to get.");
}

}  // namespace atomstream
