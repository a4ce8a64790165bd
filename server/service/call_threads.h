// CallThreads: a few threads for calls that take long (reading frames from disk), so that they hold
// up neither gRPC's own threads nor each other without bound. Free of gRPC.
//
// Owned by the daemon. Thread-safe, but for Shutdown, which is its owner's. Invariants: at most
// `max_waiting` calls wait; each call that was taken is run exactly once.
#ifndef ATOMSTREAM_SERVER_SERVICE_CALL_THREADS_H_
#define ATOMSTREAM_SERVER_SERVICE_CALL_THREADS_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "core/base/mutex.h"

namespace atomstream {

class CallThreads {
 public:
  // Answers its caller; must not throw. Not OK: there was no time for it, and it says so.
  using Call = std::function<void(const absl::Status& status)>;

  CallThreads(int threads, int max_waiting);  // both >= 1
  ~CallThreads();                             // as Shutdown

  // Never waits. ResourceExhausted: as many calls wait already; Unavailable: shut down. The call is
  // not run then.
  absl::Status Run(Call call);

  // Ends with Unavailable what waits, and joins the threads when what they do is done. Again: no
  // effect.
  void Shutdown();

 private:
  void Work();  // a thread's life

  const size_t max_waiting_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Call> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // set by the constructor only
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_CALL_THREADS_H_
