#include "core/base/interruptible_wait.h"

#include "core/base/clock.h"

namespace atomstream {

bool RealWait::WaitFor(absl::Duration duration) {
  const SteadyClock clock;
  const absl::Time deadline = clock.Now() + duration;
  MutexLock lock(&mutex_);
  while (!interrupted_) {
    const absl::Duration left = deadline - clock.Now();
    if (left <= absl::ZeroDuration()) return true;
    changed_.WaitWithTimeout(&mutex_, left);
  }
  return false;
}

void RealWait::Interrupt() {
  MutexLock lock(&mutex_);
  interrupted_ = true;
  changed_.NotifyAll();
}

}  // namespace atomstream
