// Mailbox: what one subscriber has not read yet.
//
// The hub delivers, one thread at a time; one consumer takes; both may run at once. Neither ever
// waits for the other. Invariants, over the whole life: results taken and those counted in gaps
// together are exactly those delivered (but for those still waiting here), each once, by rising
// sequence number; no more results wait than MailboxLimits says, or a single larger one.
#ifndef ATOMSTREAM_SERVER_HUB_MAILBOX_H_
#define ATOMSTREAM_SERVER_HUB_MAILBOX_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "absl/time/time.h"
#include "core/base/mutex.h"
#include "server/record/settings_record.h"
#include "server/record/source_status.h"
#include "server/store/stored_result.h"

namespace atomstream {

// A declared loss: of the results first … last none will be delivered. Of a subscriber that wants
// all detectors all of them were meant for it; else there may be others between.
struct Gap {
  int64_t first_sequence = 0;
  int64_t last_sequence = 0;
  int64_t results = 0;  // that were meant for this subscriber
};

using HubEvent = std::variant<Gap, StoredResultPtr, SourceStatus, SettingsChangePtr>;

struct MailboxLimits {
  int results = 1;  // >= 1
  int64_t bytes = int64_t{8} << 20;
  // What makes room: the oldest results, one by one; or all at once. Whoever reads gaps from the
  // store reads what is left here, too, and keeps no memory while it is behind.
  bool empty_when_full = false;
};

class Mailbox {
 public:
  // What a delivery led to.
  struct Delivery {
    bool wake = false;  // the consumer had found the mailbox empty: tell it
    int dropped = 0;    // results that went into the gap
    int added = 0;      // results that wait now and did not before; negative: fewer wait
  };

  explicit Mailbox(const MailboxLimits& limits);

  // `now`: for oldest() and Take().
  Delivery Deliver(StoredResultPtr result, absl::Time now);
  // Only the newest status waits.
  Delivery Deliver(SourceStatus status);
  // Only the newest change waits. Nothing is lost silently by that: it holds all settings, and its
  // version, one more with every change, tells how many there were.
  Delivery Deliver(SettingsChangePtr change);
  // Nothing is delivered any more; what waits can still be taken. Returns whether to wake.
  bool Close();

  // What is no result: a change of the source, then a change of settings. nullopt says nothing
  // about wake.
  std::optional<HubEvent> TakeNotice();
  // The next event: a notice, a gap, then results. nullopt: nothing waits, and the next delivery
  // (or Close) will say `wake`. Until the first Take nothing says so: the consumer begins by
  // taking. `came`: for a result, when it was delivered.
  std::optional<HubEvent> Take(absl::Time* came = nullptr);

  bool closed() const;
  int waiting() const;  // results
  // When the oldest of the results came that are not taken, or not declared lost; InfiniteFuture:
  // there is none.
  absl::Time oldest() const;

 private:
  bool WakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<HubEvent> TakeNoticeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Waiting {
    StoredResultPtr result;
    absl::Time came;
  };

  // Takes the oldest result out.
  Waiting PopLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExtendGapLocked(const Waiting& lost) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const MailboxLimits limits_;

  mutable Mutex mutex_;
  std::deque<Waiting> results_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;       // of results_
  std::optional<Gap> gap_ ABSL_GUARDED_BY(mutex_);  // lies before results_.front() …
  absl::Time gap_came_ ABSL_GUARDED_BY(mutex_);     // … and its first result came then
  std::optional<SourceStatus> source_ ABSL_GUARDED_BY(mutex_);
  SettingsChangePtr settings_ ABSL_GUARDED_BY(mutex_);  // null: none waits
  bool consumer_idle_ ABSL_GUARDED_BY(mutex_) = false;  // the last Take found nothing
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HUB_MAILBOX_H_
