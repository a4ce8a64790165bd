#include "server/hub/mailbox.h"

#include <cassert>
#include <utility>
#include <vector>

namespace atomstream {

Mailbox::Mailbox(const MailboxLimits& limits) : limits_(limits) { assert(limits.results >= 1); }

Mailbox::Delivery Mailbox::Deliver(StoredResultPtr result, absl::Time now) {
  std::vector<Waiting> dropped;  // freed after the lock
  const int64_t bytes = result->bytes();
  MutexLock lock(&mutex_);
  if (closed_) return {};
  Delivery delivery = {.wake = WakeLocked()};
  const auto full = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !results_.empty() &&
           (static_cast<int>(results_.size()) >= limits_.results || bytes_ + bytes > limits_.bytes);
  };
  // Behind already, or from now on: what is read from the store anyway need not wait here.
  const bool behind = limits_.empty_when_full && (gap_ || full());
  while (behind ? !results_.empty() : full()) {
    dropped.push_back(PopLocked());
    ExtendGapLocked(dropped.back());
  }
  delivery.dropped = static_cast<int>(dropped.size()) + (behind ? 1 : 0);
  delivery.added = 1 - delivery.dropped;
  if (behind) {
    dropped.push_back({std::move(result), now});
    ExtendGapLocked(dropped.back());
  } else {
    bytes_ += bytes;
    results_.push_back({std::move(result), now});
  }
  return delivery;
}

Mailbox::Delivery Mailbox::Deliver(SourceStatus status) {
  MutexLock lock(&mutex_);
  if (closed_) return {};
  source_ = std::move(status);
  return {.wake = WakeLocked()};
}

Mailbox::Delivery Mailbox::Deliver(SettingsChangePtr change) {
  MutexLock lock(&mutex_);
  if (closed_) return {};
  settings_.swap(change);  // the one before is freed after the lock
  return {.wake = WakeLocked()};
}

bool Mailbox::Close() {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  closed_ = true;
  return WakeLocked();
}

bool Mailbox::WakeLocked() { return std::exchange(consumer_idle_, false); }

Mailbox::Waiting Mailbox::PopLocked() {
  Waiting oldest = std::move(results_.front());
  results_.pop_front();
  bytes_ -= oldest.result->bytes();
  return oldest;
}

// Results are dropped in order, so one gap that grows is enough.
void Mailbox::ExtendGapLocked(const Waiting& lost) {
  const int64_t sequence = lost.result->position.sequence;
  if (!gap_) {
    gap_ = Gap{.first_sequence = sequence};
    gap_came_ = lost.came;
  }
  gap_->last_sequence = sequence;
  ++gap_->results;
}

std::optional<HubEvent> Mailbox::TakeNoticeLocked() {
  if (source_) {
    HubEvent event = *std::move(source_);
    source_.reset();
    return event;
  }
  if (settings_ != nullptr) return HubEvent(std::exchange(settings_, nullptr));
  return std::nullopt;
}

std::optional<HubEvent> Mailbox::TakeNotice() {
  MutexLock lock(&mutex_);
  return TakeNoticeLocked();
}

std::optional<HubEvent> Mailbox::Take(absl::Time* came) {
  MutexLock lock(&mutex_);
  if (std::optional<HubEvent> notice = TakeNoticeLocked()) return notice;
  if (gap_) {
    HubEvent event = *gap_;
    gap_.reset();
    return event;
  }
  if (!results_.empty()) {
    Waiting oldest = PopLocked();
    if (came != nullptr) *came = oldest.came;
    return HubEvent(std::move(oldest.result));
  }
  consumer_idle_ = true;
  return std::nullopt;
}

bool Mailbox::closed() const {
  MutexLock lock(&mutex_);
  return closed_;
}

absl::Time Mailbox::oldest() const {
  MutexLock lock(&mutex_);
  if (gap_) return gap_came_;
  return results_.empty() ? absl::InfiniteFuture() : results_.front().came;
}

int Mailbox::waiting() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(results_.size());
}

}  // namespace atomstream
