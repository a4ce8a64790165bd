// FakeWait: does not sleep, and remembers how long it should have. Thread-safe.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_WAIT_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_WAIT_H_

#include <vector>

#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"

namespace atomstream {

class FakeWait final : public InterruptibleWait {
 public:
  bool WaitFor(absl::Duration duration) override {
    MutexLock lock(&mutex_);
    waits_.push_back(duration);
    return !interrupted_;
  }
  void Interrupt() override {
    MutexLock lock(&mutex_);
    interrupted_ = true;
  }
  std::vector<absl::Duration> waits() const {
    MutexLock lock(&mutex_);
    return waits_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<absl::Duration> waits_ ABSL_GUARDED_BY(mutex_);
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_WAIT_H_
