#include "server/hub/result_hub.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/metrics/queue_age.h"

namespace atomstream {

// What hub and subscriptions have in common about one subscriber.
struct Subscription::Entry {
  Entry(const SubscriptionOptions& options_in, std::function<void()> on_ready_in)
      : options(options_in), mailbox(LimitsOf(options)), on_ready(std::move(on_ready_in)) {}

  static MailboxLimits LimitsOf(const SubscriptionOptions& options) {
    switch (options.policy) {
      case DeliveryPolicy::kLatest:
        return {.results = 1};
      case DeliveryPolicy::kQueue:
        return {.results = options.queue_size, .bytes = SubscriptionOptions::kQueueBytes};
      case DeliveryPolicy::kLossless:
        break;
    }
    return {.results = SubscriptionOptions::kLiveSize,
            .bytes = SubscriptionOptions::kLiveBytes,
            .empty_when_full = true};
  }

  const SubscriptionOptions options;
  Mailbox mailbox;
  const std::function<void()> on_ready;
  std::atomic<int64_t> backlog = 0;
};

struct Subscription::Shared {
  using Entries = std::vector<std::shared_ptr<Entry>>;

  Shared(int max_subscribers_in, const Clock* steady_clock_in, DaemonMetrics* metrics_in,
         int64_t newest)
      : steady_clock(*steady_clock_in),
        metrics(metrics_in),
        max_subscribers(max_subscribers_in),
        newest_sequence(newest) {}

  Gauge* SubscribersOf(const Entry& entry) const {
    return metrics->delivery.Of(entry.options.policy).subscribers;
  }

  // Runs the hooks of those that must be woken; call without the lock.
  static void Wake(const Entries& entries) {
    for (const std::shared_ptr<Entry>& entry : entries) {
      if (entry->on_ready) entry->on_ready();
    }
  }

  const Clock& steady_clock;
  DaemonMetrics* const metrics;

  mutable Mutex mutex;
  int max_subscribers ABSL_GUARDED_BY(mutex);
  Entries entries ABSL_GUARDED_BY(mutex);
  int64_t newest_sequence ABSL_GUARDED_BY(mutex);
  std::optional<SourceStatus> source ABSL_GUARDED_BY(mutex);
  bool closed ABSL_GUARDED_BY(mutex) = false;
};

Subscription::Subscription(std::shared_ptr<Shared> shared, std::shared_ptr<Entry> entry,
                           int64_t start_sequence)
    : shared_(std::move(shared)), entry_(std::move(entry)), start_sequence_(start_sequence) {}

Subscription::~Subscription() {
  {
    MutexLock lock(&shared_->mutex);
    auto& entries = shared_->entries;
    entries.erase(std::find(entries.begin(), entries.end(), entry_));
    shared_->SubscribersOf(*entry_)->Add(-1);
  }
  // Deliveries hold the hub's lock, so none comes any more.
  shared_->metrics->mailbox_results->Add(-waiting());
}

std::optional<HubEvent> Subscription::Take() {
  absl::Time came;
  std::optional<HubEvent> event = entry_->mailbox.Take(&came);
  if (event && std::holds_alternative<StoredResultPtr>(*event)) {
    const DaemonMetrics& metrics = *shared_->metrics;
    metrics.mailbox_results->Add(-1);
    metrics.delivery.Of(entry_->options.policy)
        .wait->Observe(absl::ToDoubleSeconds(shared_->steady_clock.Now() - came));
  }
  return event;
}

std::optional<HubEvent> Subscription::TakeNotice() { return entry_->mailbox.TakeNotice(); }
int Subscription::waiting() const { return entry_->mailbox.waiting(); }
bool Subscription::closed() const { return entry_->mailbox.closed(); }
void Subscription::Owe(int64_t results) { entry_->backlog += results; }
void Subscription::Settle(int64_t results) { entry_->backlog -= results; }

ResultHub::ResultHub(int max_subscribers, const Clock* steady_clock, DaemonMetrics* metrics,
                     int64_t newest_sequence)
    : shared_(std::make_shared<Subscription::Shared>(max_subscribers, steady_clock, metrics,
                                                     newest_sequence)) {}

ResultHub::~ResultHub() { Close(); }

absl::StatusOr<std::unique_ptr<Subscription>> ResultHub::Subscribe(
    const SubscriptionOptions& options, std::function<void()> on_ready) {
  if (options.policy == DeliveryPolicy::kQueue &&
      (options.queue_size < 1 || options.queue_size > SubscriptionOptions::kMaxQueueSize)) {
    return absl::InvalidArgumentError(absl::StrCat("queue_size = ", options.queue_size,
                                                   ": must be in [1, ",
                                                   SubscriptionOptions::kMaxQueueSize, "]"));
  }
  auto entry = std::make_shared<Subscription::Entry>(options, std::move(on_ready));

  MutexLock lock(&shared_->mutex);
  if (shared_->closed) return absl::UnavailableError("the daemon is shutting down");
  if (static_cast<int>(shared_->entries.size()) >= shared_->max_subscribers) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are already ", shared_->max_subscribers, " subscribers"));
  }
  shared_->entries.push_back(entry);
  shared_->SubscribersOf(*entry)->Add(1);
  if (shared_->source) entry->mailbox.Deliver(*shared_->source);
  return std::unique_ptr<Subscription>(
      new Subscription(shared_, std::move(entry), shared_->newest_sequence));
}

void ResultHub::Publish(const StoredResultPtr& result) {
  const std::optional<DetectorKind> detector = DetectorNamed(result->key.detector);
  const absl::Time now = shared_->steady_clock.Now();
  Subscription::Shared::Entries awake;
  {
    // Delivering is short and never waits, so it may hold the lock: a subscription that is being
    // destroyed then knows that nothing more will be put into its mailbox.
    MutexLock lock(&shared_->mutex);
    if (shared_->closed) return;
    assert(shared_->newest_sequence == 0 ||
           result->position.sequence == shared_->newest_sequence + 1);
    shared_->newest_sequence = result->position.sequence;
    for (const std::shared_ptr<Subscription::Entry>& entry : shared_->entries) {
      if (detector && !entry->options.detectors.Has(*detector)) continue;
      if (result->position.sequence <= entry->options.after) continue;
      const Mailbox::Delivery delivery = entry->mailbox.Deliver(result, now);
      ++entry->backlog;
      if (entry->options.policy != DeliveryPolicy::kLossless) {
        shared_->metrics->results_dropped_mailbox->Increment(delivery.dropped);
      }
      shared_->metrics->mailbox_results->Add(delivery.added);
      if (delivery.wake) awake.push_back(entry);
    }
  }
  Subscription::Shared::Wake(awake);
}

void ResultHub::PublishSource(const SourceStatus& status) {
  Subscription::Shared::Entries awake;
  {
    MutexLock lock(&shared_->mutex);
    shared_->source = status;
    for (const std::shared_ptr<Subscription::Entry>& entry : shared_->entries) {
      if (entry->mailbox.Deliver(status).wake) awake.push_back(entry);
    }
  }
  Subscription::Shared::Wake(awake);
}

void ResultHub::PublishSettings(const SettingsChangePtr& change) {
  Subscription::Shared::Entries awake;
  {
    MutexLock lock(&shared_->mutex);
    for (const std::shared_ptr<Subscription::Entry>& entry : shared_->entries) {
      if (entry->mailbox.Deliver(change).wake) awake.push_back(entry);
    }
  }
  Subscription::Shared::Wake(awake);
}

void ResultHub::Close() {
  Subscription::Shared::Entries awake;
  {
    MutexLock lock(&shared_->mutex);
    shared_->closed = true;
    for (const std::shared_ptr<Subscription::Entry>& entry : shared_->entries) {
      if (entry->mailbox.Close()) awake.push_back(entry);
    }
  }
  Subscription::Shared::Wake(awake);
}

void ResultHub::ShowAge() const {
  Subscription::Shared::Entries entries;
  {
    // Only the list: nobody who publishes waits while the mailboxes are asked.
    MutexLock lock(&shared_->mutex);
    entries = shared_->entries;
  }
  absl::Time oldest = kEmptyQueue;
  std::array<int64_t, 3> backlogs = {};  // by policy
  for (const std::shared_ptr<Subscription::Entry>& entry : entries) {
    oldest = std::min(oldest, entry->mailbox.oldest());
    // Below 0 for a moment: it was taken before it was counted.
    int64_t& backlog = backlogs[static_cast<size_t>(entry->options.policy)];
    backlog = std::max(backlog, entry->backlog.load());
  }
  for (const DeliveryPolicy policy : kDeliveryPolicies) {
    const auto backlog = static_cast<double>(backlogs[static_cast<size_t>(policy)]);
    shared_->metrics->delivery.Of(policy).backlog->Set(backlog);
  }
  shared_->metrics->queue_ages.mailboxes->Set(QueueAgeSeconds(oldest, shared_->steady_clock.Now()));
}

int ResultHub::subscribers() const {
  MutexLock lock(&shared_->mutex);
  return static_cast<int>(shared_->entries.size());
}

void ResultHub::SetMaxSubscribers(int max_subscribers) {
  MutexLock lock(&shared_->mutex);
  shared_->max_subscribers = max_subscribers;
}

}  // namespace atomstream
