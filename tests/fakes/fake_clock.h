// FakeClock: a time that moves only when the test says so. Thread-safe.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_CLOCK_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_CLOCK_H_

#include "core/base/clock.h"
#include "core/base/mutex.h"

namespace atomstream {

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override {
    MutexLock lock(&mutex_);
    return now_;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(&mutex_);
    now_ += by;
  }

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_CLOCK_H_
