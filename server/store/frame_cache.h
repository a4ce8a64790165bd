// FrameCache: the newest frames that have a result, in memory, for whoever asks for their pixels
// (GetFrame) or for another analysis (ReprocessFrame).
//
// Owned by the daemon; the assembler adds, RPCs look up. Thread-safe. Invariants: what is kept
// takes at most `max_bytes`; when a frame is added the oldest ones make room; a frame larger than
// the bound is not kept; at most one frame of an id.
#ifndef ATOMSTREAM_SERVER_STORE_FRAME_CACHE_H_
#define ATOMSTREAM_SERVER_STORE_FRAME_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"

namespace atomstream {

class FrameCache {
 public:
  // 0: keeps nothing.
  explicit FrameCache(int64_t max_bytes) : max_bytes_(max_bytes) {}

  // A frame that is kept already stays where it is, so that a second result of an old frame does
  // not make it the newest. Another frame of the same id takes its place.
  void Add(std::shared_ptr<const Frame> frame);

  // NotFound says "frame_id = <id>: why".
  absl::StatusOr<std::shared_ptr<const Frame>> Get(absl::string_view frame_id) const;

  // The one that was added last. NotFound: there is none.
  absl::StatusOr<std::shared_ptr<const Frame>> Newest() const;

  // From now on; the oldest frames beyond go before this returns.
  void SetMaxBytes(int64_t max_bytes);

  int64_t bytes() const;
  int frames() const;

  // What one frame counts for: its pixels as they are kept, and its truth.
  static int64_t BytesOf(const Frame& frame);

 private:
  using Frames = std::list<std::shared_ptr<const Frame>>;

  void Remove(Frames::iterator frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The oldest until `more_bytes` have room.
  Frames MakeRoom(int64_t more_bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Why a frame is not here.
  static absl::Status Missing(absl::string_view what, int64_t max_bytes);

  mutable Mutex mutex_;
  int64_t max_bytes_ ABSL_GUARDED_BY(mutex_);
  Frames frames_ ABSL_GUARDED_BY(mutex_);  // the oldest first
  std::unordered_map<std::string, Frames::iterator> by_id_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_FRAME_CACHE_H_
