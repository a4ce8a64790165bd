// Signal: lets one thread wait until another has said that there is something. Thread-safe; a wait
// uses up what was said before it, once or more often.
#ifndef ATOMSTREAM_TESTS_FAKES_SIGNAL_H_
#define ATOMSTREAM_TESTS_FAKES_SIGNAL_H_

#include "core/base/mutex.h"

namespace atomstream {

class Signal {
 public:
  void Notify() {
    MutexLock lock(&mutex_);
    raised_ = true;
    changed_.NotifyAll();
  }
  void Wait() {
    MutexLock lock(&mutex_);
    while (!raised_) changed_.Wait(&mutex_);
    raised_ = false;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool raised_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_SIGNAL_H_
