// DeliveryDesk: where subscribers are taken in. Owns the threads that serve them, all of them
// together and whatever their number: one that sends what was published, two that read from the
// store, one for heartbeats. So the thread that publishes does nothing for a subscriber but put a
// pointer into its mailbox.
//
// Owned by the daemon; outlives the gRPC server, is outlived by hub and store. Thread-safe.
#ifndef ATOMSTREAM_SERVER_DELIVERY_DELIVERY_DESK_H_
#define ATOMSTREAM_SERVER_DELIVERY_DELIVERY_DESK_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "server/delivery/heartbeats.h"
#include "server/delivery/result_feed.h"
#include "server/delivery/task_threads.h"
#include "server/hub/result_hub.h"
#include "server/metrics/delivery_metrics.h"
#include "server/store/result_store.h"

namespace atomstream {

// All outlive the desk.
struct DeliveryDependencies {
  ResultHub* hub = nullptr;
  const ResultStore* store = nullptr;
  const DeliveryMetrics* metrics = nullptr;
  const Clock* clock = nullptr;         // for stamps
  const Clock* steady_clock = nullptr;  // for heartbeats
};

struct FeedOptions {
  SubscriptionOptions subscription;
  std::optional<ResultPosition> resume_after;
  // Done with each result that was read from the store before it is given, on a reader's thread;
  // may take long. What it uses outlives the desk. Empty: nothing.
  std::function<void(const StoredResult&)> on_read = {};
};

class DeliveryDesk {
 public:
  explicit DeliveryDesk(const DeliveryDependencies& dependencies);

  // Begins a feed. `on_ready` comes from threads of the desk; see ResultFeed for its law.
  // Errors: those of ResultHub::Subscribe; OutOfRange: resume_after is of another epoch, not there
  // yet, or what follows it is no longer kept.
  absl::StatusOr<std::shared_ptr<ResultFeed>> Open(const FeedOptions& options,
                                                   std::function<void()> on_ready);

  // Whether a feed could begin behind `position`; the message says why not.
  absl::Status CheckResume(const ResultPosition& position) const;

  Heartbeats& heartbeats() { return heartbeats_; }
  const DeliveryDependencies& dependencies() const { return deps_; }

  // The newest published result and the oldest kept one.
  ResultPosition newest() const;
  ResultPosition oldest() const;

 private:
  static constexpr int kReaders = 2;

  const DeliveryDependencies deps_;
  Heartbeats heartbeats_;
  TaskThreads readers_;
  TaskThreads sender_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DELIVERY_DELIVERY_DESK_H_
