// BoundedQueue<T>: hands elements from producer threads to consumer threads, first in first out,
// with a bound and a choice of what happens when it is reached. Thread-safe.
//
// Invariants: never more than capacity() elements; every element given to a push comes out of a pop
// exactly once, or is still inside, or was lost and counted in dropped(). Once closed it takes
// nothing more and stays closed; what is inside can still be popped.
#ifndef ATOMSTREAM_CORE_BASE_BOUNDED_QUEUE_H_
#define ATOMSTREAM_CORE_BASE_BOUNDED_QUEUE_H_

#include <cassert>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace atomstream {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(int capacity) : capacity_(capacity) { assert(capacity > 0); }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits while full. False: closed, and `value` is lost (and counted).
  bool Push(T value) {
    MutexLock lock(&mutex_);
    while (!closed_ && Full()) not_full_.Wait(&mutex_);
    return !closed_ ? Append(std::move(value)) : Lose();
  }

  // Never waits. False: full or closed, and `value` is lost (and counted).
  bool TryPush(T value) {
    MutexLock lock(&mutex_);
    return !closed_ && !Full() ? Append(std::move(value)) : Lose();
  }

  // Never waits: when full, makes room by dropping the oldest element. Returns the element lost
  // (and counted), if any: the oldest when full, `value` itself when closed.
  std::optional<T> PushDropOldest(T value) {
    MutexLock lock(&mutex_);
    if (closed_) {
      Lose();
      return value;
    }
    std::optional<T> oldest;
    if (Full()) {
      oldest = std::move(elements_.front());
      elements_.pop_front();
      Lose();
    }
    Append(std::move(value));
    return oldest;
  }

  // Waits while empty. nullopt: closed and empty, so there will never be another.
  std::optional<T> Pop() {
    MutexLock lock(&mutex_);
    while (!closed_ && elements_.empty()) not_empty_.Wait(&mutex_);
    return TakeFirst();
  }

  // Waits at most `timeout`. nullopt: nothing came, or closed and empty; closed() tells which.
  std::optional<T> PopWithTimeout(absl::Duration timeout) {
    MutexLock lock(&mutex_);
    const auto start = std::chrono::steady_clock::now();
    while (!closed_ && elements_.empty()) {
      const absl::Duration waited = absl::FromChrono(std::chrono::steady_clock::now() - start);
      if (not_empty_.WaitWithTimeout(&mutex_, timeout - waited)) break;
    }
    return TakeFirst();
  }

  // Never waits. nullopt: empty.
  std::optional<T> TryPop() {
    MutexLock lock(&mutex_);
    return TakeFirst();
  }

  // Wakes every waiter; may be called again, from any thread.
  void Close() {
    MutexLock lock(&mutex_);
    closed_ = true;
    not_empty_.NotifyAll();
    not_full_.NotifyAll();
  }

  bool closed() const {
    MutexLock lock(&mutex_);
    return closed_;
  }
  int size() const {
    MutexLock lock(&mutex_);
    return static_cast<int>(elements_.size());
  }
  int capacity() const { return capacity_; }

  // How many elements were lost: refused (full or closed) or pushed out by newer ones.
  int64_t dropped() const {
    MutexLock lock(&mutex_);
    return dropped_;
  }

 private:
  bool Full() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return static_cast<int>(elements_.size()) >= capacity_;
  }

  bool Append(T value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    elements_.push_back(std::move(value));
    not_empty_.NotifyOne();
    return true;
  }

  bool Lose() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ++dropped_;
    return false;
  }

  std::optional<T> TakeFirst() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (elements_.empty()) return std::nullopt;
    std::optional<T> first(std::move(elements_.front()));
    elements_.pop_front();
    not_full_.NotifyOne();
    return first;
  }

  const int capacity_;
  mutable Mutex mutex_;
  CondVar not_empty_;
  CondVar not_full_;
  std::deque<T> elements_ ABSL_GUARDED_BY(mutex_);
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_BOUNDED_QUEUE_H_
