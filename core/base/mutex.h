// Mutex, MutexLock, CondVar: std::mutex and std::condition_variable with the annotations that let
// clang's -Wthread-safety check which lock guards which member.
//
// Used instead of absl::Mutex, whose packaged build is not instrumented and gives ThreadSanitizer
// false reports. All three are thread-safe; a Mutex must outlive its locks and waiters.
#ifndef ATOMSTREAM_CORE_BASE_MUTEX_H_
#define ATOMSTREAM_CORE_BASE_MUTEX_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace atomstream {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds the lock for its own lifetime.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(*mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }

  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waiting gives the lock up and takes it again before returning. Wake-ups may be spurious: wait in
// a loop over the condition.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex* mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();  // the caller's MutexLock still owns it
  }

  // Returns true if `timeout` has passed on the steady clock (at once if it is not positive).
  bool WaitWithTimeout(Mutex* mutex, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (timeout <= absl::ZeroDuration()) return true;
    if (timeout > kLongestWait) {
      Wait(mutex);
      return false;
    }
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const std::cv_status status = condition_.wait_for(lock, absl::ToChronoNanoseconds(timeout));
    lock.release();
    return status == std::cv_status::timeout;
  }

  // Returns true if `deadline` has passed on the system clock.
  bool WaitUntil(Mutex* mutex, absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    // Far deadlines would overflow the clock's nanoseconds.
    if (deadline > absl::UnixEpoch() + kLongestWait) {
      Wait(mutex);
      return false;
    }
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const absl::Time clamped = std::max(deadline, absl::UnixEpoch());
    const std::cv_status status = condition_.wait_until(lock, absl::ToChronoTime(clamped));
    lock.release();
    return status == std::cv_status::timeout;
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  // Longer is for ever; 100 years of nanoseconds fit 63 bits.
  static constexpr absl::Duration kLongestWait = absl::Hours(24 * 365 * 100);

  std::condition_variable condition_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_MUTEX_H_
