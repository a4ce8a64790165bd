// ResultHub: hands every published result to every subscription that wants its detector, without
// ever waiting for one.
//
// Publish is called by one thread, the pipeline's assembler; PublishSource by the ingest thread;
// PublishSettings by the SteeringDesk, one change after another; the rest by any thread. A
// Subscription may outlive the hub; it then only gives what it already holds.
//
// The law of the ready hook: it is called without any lock of ours, from the publishing thread,
// once after each time the consumer found its mailbox empty (so the consumer begins with a Take).
// It must return quickly and not throw. It may still be running, or about to run, when the
// Subscription is destroyed: capture something that keeps itself alive (a weak_ptr).
#ifndef ATOMSTREAM_SERVER_HUB_RESULT_HUB_H_
#define ATOMSTREAM_SERVER_HUB_RESULT_HUB_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/hub/mailbox.h"
#include "server/metrics/daemon_metrics.h"

namespace atomstream {

struct SubscriptionOptions {
  DeliveryPolicy policy = DeliveryPolicy::kLatest;
  int queue_size = kDefaultQueueSize;          // kQueue only, 1 to kMaxQueueSize
  DetectorSet detectors = DetectorSet::All();  // whose results are wanted
  int64_t after = 0;                           // results up to this one are not delivered

  static constexpr int kDefaultQueueSize = 64;
  static constexpr int kMaxQueueSize = 1024;
  static constexpr int64_t kQueueBytes = int64_t{8} << 20;  // of what waits, together
  // Of kLossless: what a reader that keeps up may leave waiting before it reads from the store.
  static constexpr int kLiveSize = 16;
  static constexpr int64_t kLiveBytes = int64_t{1} << 20;
};

class ResultHub;

// One subscriber's end; unsubscribes when destroyed. Take is called by one thread at a time.
class Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // The next event; nullopt: nothing waits, the hook will be called when something does. A gap of
  // kLossless is in the store.
  std::optional<HubEvent> Take();
  // As Take, but leaves gaps and results; nullopt promises no call of the hook.
  std::optional<HubEvent> TakeNotice();
  int waiting() const;  // results

  // Results that the subscriber was to get and that its mailbox never held; and those that it was
  // given or told of, wherever they came from. The difference is its backlog.
  void Owe(int64_t results);
  void Settle(int64_t results);

  // Nothing more is delivered: once Take gives nothing after this, nothing more comes. (Before it
  // something may have been delivered just before the end.)
  bool closed() const;

  // Sequence number of the newest result when the subscription began: those delivered or declared
  // lost lie above it.
  int64_t start_sequence() const { return start_sequence_; }

 private:
  friend class ResultHub;
  struct Shared;
  struct Entry;
  Subscription(std::shared_ptr<Shared> shared, std::shared_ptr<Entry> entry,
               int64_t start_sequence);

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Entry> entry_;
  const int64_t start_sequence_;
};

class ResultHub {
 public:
  // `newest_sequence`: of the last result of the daemon's earlier life; 0: there was none.
  // `steady_clock` and `metrics` outlive the hub and all subscriptions.
  ResultHub(int max_subscribers, const Clock* steady_clock, DaemonMetrics* metrics,
            int64_t newest_sequence = 0);
  ~ResultHub();  // closes

  // A subscription that first hears of the source's present state. `on_ready` may be empty.
  // InvalidArgument: queue_size; ResourceExhausted: too many subscribers; Unavailable: closed.
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const SubscriptionOptions& options,
                                                          std::function<void()> on_ready);

  // `result` carries the sequence number after the one published before.
  void Publish(const StoredResultPtr& result);
  void PublishSource(const SourceStatus& status);
  void PublishSettings(const SettingsChangePtr& change);

  // Ends every subscription and refuses new ones. What waits can still be taken.
  void Close();

  int subscribers() const;

  // Brings the metrics of how long the oldest result waits, of all mailboxes, and of how far behind
  // subscribers are, whatever detectors they want, up to now.
  void ShowAge() const;

  // Those that are there stay, even if they are more.
  void SetMaxSubscribers(int max_subscribers);

 private:
  const std::shared_ptr<Subscription::Shared> shared_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HUB_RESULT_HUB_H_
