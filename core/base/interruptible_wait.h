// InterruptibleWait: a sleep that shutdown can cut short, and that tests replace. Thread-safe.
#ifndef ATOMSTREAM_CORE_BASE_INTERRUPTIBLE_WAIT_H_
#define ATOMSTREAM_CORE_BASE_INTERRUPTIBLE_WAIT_H_

#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace atomstream {

class InterruptibleWait {
 public:
  virtual ~InterruptibleWait() = default;

  // Sleeps. False: Interrupt() was called, before or meanwhile.
  virtual bool WaitFor(absl::Duration duration) = 0;

  // Ends every present and future WaitFor at once.
  virtual void Interrupt() = 0;
};

class RealWait final : public InterruptibleWait {
 public:
  bool WaitFor(absl::Duration duration) override;
  void Interrupt() override;

 private:
  Mutex mutex_;
  CondVar changed_;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_INTERRUPTIBLE_WAIT_H_
