// Gate: holds threads until the test opens it, and lets the test wait until some have arrived.
#ifndef ATOMSTREAM_TESTS_FAKES_GATE_H_
#define ATOMSTREAM_TESTS_FAKES_GATE_H_

#include "core/base/mutex.h"

namespace atomstream {

class Gate {
 public:
  void Pass() {
    MutexLock lock(&mutex_);
    ++arrived_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(&mutex_);
  }
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  void WaitForArrivals(int count) {
    MutexLock lock(&mutex_);
    while (arrived_ < count) changed_.Wait(&mutex_);
  }
  int arrived() const {
    MutexLock lock(&mutex_);
    return arrived_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  int arrived_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_GATE_H_
