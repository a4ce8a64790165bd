// ActiveCallers: who is behind the calls that run now, for services that write down who did
// something, and for the log. Filled by the guard in front of the services; a call is known by the
// address of its context, from before its method is called until after its end.
//
// Thread-safe; owned by the daemon, outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_
#define ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace atomstream {

struct ActiveCall {
  std::string name;        // as the caller proved to be; empty: it was not authenticated
  std::string request_id;  // its own, or ours
  std::string address;     // where it calls from
  absl::Time begin_time;   // on the steady clock
  std::string frame_id;    // that it asks for or brings; empty: none, or not known yet
};

class ActiveCallers {
 public:
  // Of ids that are no longer than frames' may be; callers may ask for anything.
  static constexpr size_t kMaxFrameId = 128;

  void Add(const void* call, ActiveCall what) {
    MutexLock lock(&mutex_);
    calls_[call] = std::move(what);
  }

  void Remove(const void* call) {
    MutexLock lock(&mutex_);
    calls_.erase(call);
  }

  void SetFrame(const void* call, absl::string_view frame_id) {
    MutexLock lock(&mutex_);
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    found->second.frame_id = std::string(frame_id.substr(0, kMaxFrameId));
  }

  // Empty: there is no such call.
  ActiveCall Get(const void* call) const {
    MutexLock lock(&mutex_);
    const auto found = calls_.find(call);
    return found == calls_.end() ? ActiveCall() : found->second;
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<const void*, ActiveCall> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_
