// DeliveryMetrics: what becomes of results on their way to subscribers. Plain pointers into a
// registry, thread-safe as Metric says.
#ifndef ATOMSTREAM_SERVER_METRICS_DELIVERY_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_DELIVERY_METRICS_H_

#include <array>

#include "server/metrics/metric.h"

namespace atomstream {

// What happens to the results that a subscriber does not read in time.
enum class DeliveryPolicy {
  kLatest,    // only the newest result waits
  kQueue,     // up to queue_size results wait; when full the oldest is dropped
  kLossless,  // none is dropped: the subscriber falls behind and reads from the store
};

inline constexpr std::array<DeliveryPolicy, 3> kDeliveryPolicies = {
    DeliveryPolicy::kLatest, DeliveryPolicy::kQueue, DeliveryPolicy::kLossless};

struct DeliveryMetrics {
  struct OfPolicy {
    Gauge* subscribers;
    Histogram* wait;  // of a result in a mailbox, from its publication until it is taken
    Gauge* backlog;   // results neither given nor declared, of the one that is furthest behind
    Counter* results_delivered;
    Counter* gaps;         // declared
    Counter* gap_results;  // in them
  };

  explicit DeliveryMetrics(MetricRegistry& registry);

  const OfPolicy& Of(DeliveryPolicy policy) const { return policies_[static_cast<size_t>(policy)]; }

  Counter* subscriptions_resumed;
  Counter* replay_reads_ok;
  Counter* replay_reads_failed;
  Counter* heartbeats;

 private:
  std::array<OfPolicy, 3> policies_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_DELIVERY_METRICS_H_
