#include "server/targeting/target_mailbox.h"

#include <utility>

namespace atomstream {

bool TargetMailbox::Deliver(SelectionUpdatePtr update) {
  SelectionUpdatePtr replaced;  // freed after the lock
  MutexLock lock(&mutex_);
  if (closed_) return false;
  for (const Withdrawal& withdrawal : update->update.withdrawn) {
    if (known_.contains(withdrawal.id)) withdrawn_.insert_or_assign(withdrawal.id, withdrawal);
  }
  identities_lost_ = identities_lost_ || update->update.identities_lost;
  ++frames_;
  replaced = std::exchange(newest_, std::move(update));
  return WakeLocked();
}

bool TargetMailbox::Close() {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  closed_ = true;
  return WakeLocked();
}

bool TargetMailbox::WakeLocked() { return std::exchange(consumer_idle_, false); }

std::optional<SelectionUpdate> TargetMailbox::Take() {
  MutexLock lock(&mutex_);
  if (newest_ == nullptr) {
    consumer_idle_ = true;
    return std::nullopt;
  }
  SelectionUpdate taken = *newest_;
  newest_ = nullptr;
  taken.frames_skipped = std::exchange(frames_, 0) - 1;
  taken.update.identities_lost = std::exchange(identities_lost_, false);
  taken.update.added.clear();
  taken.update.withdrawn.clear();
  std::set<int64_t> present;
  for (const Target& target : taken.update.targets) {
    const int64_t id = target.where.id;
    present.insert(id);
    // New, or back after a withdrawal.
    if (!known_.contains(id) || withdrawn_.contains(id)) taken.update.added.push_back(id);
  }
  for (auto& [id, withdrawal] : withdrawn_) {
    if (!present.contains(id)) taken.update.withdrawn.push_back(std::move(withdrawal));
  }
  withdrawn_.clear();
  known_ = std::move(present);
  return taken;
}

bool TargetMailbox::closed() const {
  MutexLock lock(&mutex_);
  return closed_;
}

}  // namespace atomstream
