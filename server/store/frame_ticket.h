// FrameTicket: what the pipeline holds of a frame that it gave to the FrameKeeper: by what name the
// frame can be found later. Shared by the frame's results and the keeper. Thread-safe.
#ifndef ATOMSTREAM_SERVER_STORE_FRAME_TICKET_H_
#define ATOMSTREAM_SERVER_STORE_FRAME_TICKET_H_

#include <string>
#include <utility>

#include "core/base/mutex.h"

namespace atomstream {

class FrameTicket {
 public:
  // The SHA-256 of what is kept, for the result that is about to be stored. Empty: it is not known
  // yet, or the frame is not kept; nothing waits for it.
  std::string Claim() {
    MutexLock lock(&mutex_);
    claimed_ = claimed_ || !sha256_.empty();
    return sha256_;
  }

  // These two are the keeper's.
  void SetHash(std::string sha256) {
    MutexLock lock(&mutex_);
    sha256_ = std::move(sha256);
  }
  bool claimed() const {
    MutexLock lock(&mutex_);
    return claimed_;
  }

 private:
  mutable Mutex mutex_;
  std::string sha256_ ABSL_GUARDED_BY(mutex_);
  bool claimed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_FRAME_TICKET_H_
