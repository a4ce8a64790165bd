// ActiveCallers: who is behind the calls that run now, for services that write down who did
// something. Filled by the guard in front of the services; a call is known by the address of its
// context, from before its method is called until after its end.
//
// Thread-safe; owned by the daemon, outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_
#define ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_

#include <string>
#include <unordered_map>

#include "core/base/mutex.h"

namespace atomstream {

class ActiveCallers {
 public:
  void Add(const void* call, const std::string& name) {
    MutexLock lock(&mutex_);
    names_[call] = name;
  }

  void Remove(const void* call) {
    MutexLock lock(&mutex_);
    names_.erase(call);
  }

  // Empty: the caller was not authenticated.
  std::string NameOf(const void* call) const {
    MutexLock lock(&mutex_);
    const auto found = names_.find(call);
    return found == names_.end() ? std::string() : found->second;
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<const void*, std::string> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_ACTIVE_CALLERS_H_
