// TargetMailbox: what one watcher of targets has not read yet: never more than one update, into
// which later ones are merged.
//
// The scene tracker delivers, one thread at a time; one consumer takes; neither waits. Invariants:
// whoever applies `added` and `withdrawn` of the updates that were taken, in order, has the ids of
// `targets`; every id withdrawn was in the update taken before. What waits is bounded by the
// targets of two updates, however many frames are merged: a target that came and went between two
// readings is in neither list.
#ifndef ATOMSTREAM_SERVER_TARGETING_TARGET_MAILBOX_H_
#define ATOMSTREAM_SERVER_TARGETING_TARGET_MAILBOX_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "core/base/mutex.h"
#include "server/targeting/scene.h"

namespace atomstream {

class TargetMailbox {
 public:
  // Returns whether to wake the consumer, who had found the mailbox empty.
  bool Deliver(SelectionUpdatePtr update);
  // Nothing is delivered any more; what waits can still be taken. Returns whether to wake.
  bool Close();

  // nullopt: nothing waits, and the next Deliver (or Close) says to wake.
  std::optional<SelectionUpdate> Take();

  bool closed() const;

 private:
  bool WakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  SelectionUpdatePtr newest_ ABSL_GUARDED_BY(mutex_);  // null: nothing waits
  int64_t frames_ ABSL_GUARDED_BY(mutex_) = 0;         // merged into it
  bool identities_lost_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the ids that the consumer knows: the last withdrawal of each, and those that came back
  // after one.
  std::map<int64_t, Withdrawal> withdrawn_ ABSL_GUARDED_BY(mutex_);
  std::set<int64_t> known_ ABSL_GUARDED_BY(mutex_);  // in the update taken last
  bool consumer_idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_TARGET_MAILBOX_H_
