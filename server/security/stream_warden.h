// StreamWarden: knows the streams that run and whose they are, and ends those whose caller may not
// have them any more: the policy was read anew without it, the token expired or was taken away, the
// role is another one. A call that is answered at once needs no warden.
//
// Free of gRPC. Thread-safe; owns one thread, which looks at every stream once in a period. Owned
// by the guard in front of the services; the gate outlives it.
#ifndef ATOMSTREAM_SERVER_SECURITY_STREAM_WARDEN_H_
#define ATOMSTREAM_SERVER_SECURITY_STREAM_WARDEN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"
#include "server/security/call_gate.h"

namespace atomstream {

struct RunningStream {
  CallFacts facts;  // with which it was admitted
  Caller caller;
  // Ends it. Called at most once, by any thread, perhaps while or after the stream ends by itself.
  std::function<void(const CallRefusal&)> end;
};

class StreamWarden {
 public:
  static constexpr absl::Duration kPeriod = absl::Seconds(1);

  // `ended` hears of each stream that is ended; any thread.
  StreamWarden(const CallGate* gate,
               std::function<void(const RunningStream&, const CallRefusal&)> ended);
  ~StreamWarden();  // ends no stream

  // The number to give to Remove when the stream has ended, by itself or not. Copies what the facts
  // point to.
  int64_t Add(RunningStream stream);
  void Remove(int64_t number);

  // Looks at every stream now.
  void Sweep();

  // Looks again and again, until the end. `wait` outlives the warden.
  void Start(InterruptibleWait* wait);

 private:
  struct Entry {
    RunningStream stream;
    std::string method;
  };

  const CallGate& gate_;
  const std::function<void(const RunningStream&, const CallRefusal&)> ended_;
  InterruptibleWait* wait_ = nullptr;
  std::thread thread_;

  Mutex mutex_;
  int64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  // Shared, so that a stream can be looked at without the lock.
  std::map<int64_t, std::shared_ptr<const Entry>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_STREAM_WARDEN_H_
