// Interrupter: ends blocking calls on Ctrl-C, on SIGTERM, or when nothing has happened for too
// long.
//
// Owns one thread, which takes the two signals for the whole process: create it before any other
// thread, so that all of them inherit the blocked signals. All methods are thread-safe.
#ifndef ATOMSTREAM_CLIENT_CLI_INTERRUPTER_H_
#define ATOMSTREAM_CLIENT_CLI_INTERRUPTER_H_

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace atomstream {

class Interrupter {
 public:
  enum class Cause { kNone, kSignal, kIdle };

  explicit Interrupter(absl::Duration idle_timeout);
  ~Interrupter();

  // `cancel` is called once when a cause comes up, from the Interrupter's thread, or now if there
  // is one. Replaces the one before; null: nothing to cancel. When it returns, the one before is
  // not running and will not run.
  void SetCancel(std::function<void()> cancel);

  void Touch();  // something happened: the idle time starts anew

  // False: there is a cause, before or meanwhile.
  bool SleepFor(absl::Duration duration);

  Cause cause() const;

 private:
  void Run();

  const absl::Duration idle_timeout_;
  mutable Mutex mutex_;
  CondVar changed_;
  Cause cause_ ABSL_GUARDED_BY(mutex_) = Cause::kNone;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_touch_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> cancel_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_INTERRUPTER_H_
