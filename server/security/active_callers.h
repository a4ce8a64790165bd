// ActiveCallers: who is behind the calls that run now, for services that write down who did
// something, and for the log. Filled by the guard in front of the services; a call is known by the
// address of its context, from before its method is called until after its end.
//
// Thread-safe; owned by the daemon, outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_
#define ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/mutex.h"
#include "server/security/call_gate.h"

namespace atomstream {

struct ActiveCall {
  std::string name;        // as the caller proved to be; empty: it was not authenticated
  std::string request_id;  // its own, or ours
  std::string address;     // where it calls from
  absl::Time begin_time;   // on the steady clock
  std::string frame_id;    // that it asks for or brings; empty: none, or not known yet
  // Why it was ended though it had begun: its caller may not have it any more. None: it was not.
  std::optional<CallRefusal> refusal;
};

class ActiveCallers {
 public:
  // Of ids that are no longer than frames' may be; callers may ask for anything.
  static constexpr size_t kMaxFrameId = 128;

  // Its number, which no other call ever has.
  int64_t Add(const void* call, ActiveCall what) {
    MutexLock lock(&mutex_);
    calls_[call] = {next_number_, std::move(what)};
    return next_number_++;
  }

  void Remove(const void* call) {
    MutexLock lock(&mutex_);
    calls_.erase(call);
  }

  void SetFrame(const void* call, absl::string_view frame_id) {
    MutexLock lock(&mutex_);
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    found->second.call.frame_id = std::string(frame_id.substr(0, kMaxFrameId));
  }

  // Before it is ended for this. The number, because the call may have ended by itself, and another
  // one may have its address.
  void SetRefusal(const void* call, int64_t number, const CallRefusal& refusal) {
    MutexLock lock(&mutex_);
    const auto found = calls_.find(call);
    if (found != calls_.end() && found->second.number == number) {
      found->second.call.refusal = refusal;
    }
  }

  // Empty: there is no such call.
  ActiveCall Get(const void* call) const {
    MutexLock lock(&mutex_);
    const auto found = calls_.find(call);
    return found == calls_.end() ? ActiveCall() : found->second.call;
  }

 private:
  struct Entry {
    int64_t number = 0;
    ActiveCall call;
  };

  mutable Mutex mutex_;
  int64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::unordered_map<const void*, Entry> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_
