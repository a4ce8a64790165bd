// ResultFeed: everything that one subscriber gets, in its order: what it missed, from the store,
// then what is new, from its mailbox, with no seam and no duplicate.
//
//   resumed:   the results between resume_after and the subscription's start are read from the
//              store; `latest` reads the newest of them only, behind one gap.
//   lossless:  every gap of the mailbox is read from the store instead of being declared. A reader
//              that keeps up never reads from the store.
//
// The law: results given + results declared in gaps = results published that the subscriber wanted,
// exactly, each once, by rising sequence number. A gap says what was dropped from the mailbox
// (`latest`, `queue`), or is no longer in the store, or was lost to it.
//
// Threads: Take is called by one thread at a time. The store is read on the readers' threads only,
// one read at a time, of at most kReadBound; nothing is read ahead of what was taken. `on_ready` is
// called without a lock, by the hub's hook or by a reader; it may come although nothing waits.
// It must return quickly and not throw, and hold what it needs weakly.
#ifndef ATOMSTREAM_SERVER_DELIVERY_RESULT_FEED_H_
#define ATOMSTREAM_SERVER_DELIVERY_RESULT_FEED_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/mutex.h"
#include "server/delivery/replay.h"
#include "server/delivery/task_threads.h"
#include "server/hub/result_hub.h"
#include "server/metrics/delivery_metrics.h"
#include "server/store/result_store.h"

namespace atomstream {

// Why nothing more comes.
enum class FeedEnd {
  kClosed,       // the hub was closed and everything was given
  kStoreFailed,  // the store could not be read; resuming later may succeed
};

// All outlive the feed.
struct FeedDependencies {
  const ResultStore* store = nullptr;
  TaskThreads* readers = nullptr;
  const DeliveryMetrics* metrics = nullptr;
  std::function<void(const StoredResult&)> on_read = {};  // FeedOptions::on_read
};

class ResultFeed : public std::enable_shared_from_this<ResultFeed> {
 public:
  static constexpr ReadBound kReadBound = {.max_results = 64, .max_bytes = 1 << 20};
  // With on_read, which may take long: others read on the same threads.
  static constexpr ReadBound kSlowReadBound = {.max_results = 8, .max_bytes = 1 << 20};

  // Neither: on_ready will be called when there is more.
  struct Taken {
    std::optional<HubEvent> event;
    std::optional<FeedEnd> end;
  };

  // `missed`: published before the subscription began and wanted. `options` as it was made with.
  static std::shared_ptr<ResultFeed> Make(std::unique_ptr<Subscription> subscription,
                                          const SubscriptionOptions& options,
                                          std::optional<Replay> missed,
                                          const FeedDependencies& dependencies,
                                          std::function<void()> on_ready);
  ResultFeed(const ResultFeed&) = delete;
  ResultFeed& operator=(const ResultFeed&) = delete;

  Taken Take();

  // Sequence number of the newest result when the subscription began.
  int64_t start_sequence() const { return subscription_->start_sequence(); }

 private:
  ResultFeed(std::unique_ptr<Subscription> subscription, const SubscriptionOptions& options,
             std::optional<Replay> missed, const FeedDependencies& dependencies,
             std::function<void()> on_ready);

  // The next event as it lies there, gaps not put together; nullopt: a read has been asked for, or
  // nothing waits.
  std::optional<HubEvent> NextRaw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of `latest`: a result that was read gives way to newer ones.
  void GiveWay() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Declare(const Gap& gap) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  HubEvent GiveGap() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AskForRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Read();  // on a reader's thread

  const std::unique_ptr<Subscription> subscription_;
  const DeliveryPolicy policy_;
  const DetectorSet detectors_;
  const FeedDependencies deps_;
  const std::function<void()> on_ready_;

  Mutex mutex_;
  std::optional<Replay> replay_ ABSL_GUARDED_BY(mutex_);  // before what the mailbox holds
  std::deque<HubEvent> read_ ABSL_GUARDED_BY(mutex_);     // before replay_
  std::optional<Gap> gap_ ABSL_GUARDED_BY(mutex_);        // before read_; to be declared
  bool gap_given_ ABSL_GUARDED_BY(mutex_) = false;        // the last Take gave a gap
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool store_failed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DELIVERY_RESULT_FEED_H_
