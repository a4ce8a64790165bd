#include "server/hub/mailbox.h"

#include <cassert>
#include <utility>
#include <vector>

namespace atomstream {

Mailbox::Mailbox(int capacity, int64_t max_bytes)
    : capacity_(static_cast<size_t>(capacity)), max_bytes_(max_bytes) {
  assert(capacity >= 1);
}

Mailbox::Delivery Mailbox::Deliver(StoredResultPtr result) {
  Delivery delivery;
  std::vector<StoredResultPtr> dropped;  // freed after the lock
  MutexLock lock(&mutex_);
  if (closed_) return delivery;
  const int64_t bytes = result->bytes();
  while (!results_.empty() && (results_.size() == capacity_ || bytes_ + bytes > max_bytes_)) {
    const StoredResult& oldest = *dropped.emplace_back(std::move(results_.front()));
    results_.pop_front();
    bytes_ -= oldest.bytes();
    // Results are dropped in order, so one gap that grows is enough.
    const int64_t sequence = oldest.position.sequence;
    if (!gap_) gap_ = Gap{.first_sequence = sequence};
    gap_->last_sequence = sequence;
    ++gap_->results;
    ++delivery.dropped;
  }
  bytes_ += bytes;
  results_.push_back(std::move(result));
  delivery.wake = WakeLocked();
  return delivery;
}

Mailbox::Delivery Mailbox::Deliver(SourceStatus status) {
  MutexLock lock(&mutex_);
  if (closed_) return {};
  source_ = std::move(status);
  return {.wake = WakeLocked(), .dropped = 0};
}

Mailbox::Delivery Mailbox::Deliver(SettingsChangePtr change) {
  MutexLock lock(&mutex_);
  if (closed_) return {};
  settings_.swap(change);  // the one before is freed after the lock
  return {.wake = WakeLocked(), .dropped = 0};
}

bool Mailbox::Close() {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  closed_ = true;
  return WakeLocked();
}

bool Mailbox::WakeLocked() { return std::exchange(consumer_idle_, false); }

std::optional<HubEvent> Mailbox::Take() {
  MutexLock lock(&mutex_);
  if (source_) {
    HubEvent event = *std::move(source_);
    source_.reset();
    return event;
  }
  if (settings_ != nullptr) return HubEvent(std::exchange(settings_, nullptr));
  if (gap_) {
    HubEvent event = *gap_;
    gap_.reset();
    return event;
  }
  if (!results_.empty()) {
    bytes_ -= results_.front()->bytes();
    HubEvent event = std::move(results_.front());
    results_.pop_front();
    return event;
  }
  consumer_idle_ = true;
  return std::nullopt;
}

bool Mailbox::closed() const {
  MutexLock lock(&mutex_);
  return closed_;
}

int Mailbox::waiting() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(results_.size());
}

}  // namespace atomstream
