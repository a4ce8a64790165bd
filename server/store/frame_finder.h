// FrameFinder: the frames that can still be had, wherever they are: the newest in memory, those
// that are kept on disk through their results. Thread-safe; owns nothing.
#ifndef ATOMSTREAM_SERVER_STORE_FRAME_FINDER_H_
#define ATOMSTREAM_SERVER_STORE_FRAME_FINDER_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/image/frame.h"
#include "server/journal/entry.h"
#include "server/store/frame_cache.h"
#include "server/store/frame_keeper.h"
#include "server/store/result_store.h"

namespace atomstream {

// All outlive the finder.
struct FrameFinderParts {
  const FrameCache* cache = nullptr;
  const ResultStore* store = nullptr;
  const FrameKeeper* keeper = nullptr;  // null: frames are not kept on disk
  int64_t max_kept_frame_mib = 0;       // 0: neither
};

class FrameFinder {
 public:
  using FramePtr = std::shared_ptr<const Frame>;

  explicit FrameFinder(const FrameFinderParts& parts)
      : parts_(parts), max_kept_frame_mib_(parts.max_kept_frame_mib) {}

  // So much is kept on disk from now on; 0: nothing is looked for there.
  void SetMaxKeptFrameMib(int64_t mebibytes) { max_kept_frame_mib_ = mebibytes; }

  // The frame with this id; empty: the newest that has a result. NotFound says why.
  absl::StatusOr<FramePtr> FindInMemory(absl::string_view frame_id) const;
  // The same, also on disk: takes long. DataLoss: it is damaged.
  absl::StatusOr<FramePtr> Find(absl::string_view frame_id) const;

  // The frame of this result, not another one of the same id; likewise.
  absl::StatusOr<FramePtr> FindOfInMemory(const EntryKey& result) const;
  absl::StatusOr<FramePtr> FindOf(const EntryKey& result) const;

  // Whether there is anything besides memory.
  bool looks_on_disk() const { return parts_.keeper != nullptr && max_kept_frame_mib_ > 0; }

 private:
  absl::StatusOr<FramePtr> Read(absl::string_view frame_id, absl::string_view sha256) const;

  const FrameFinderParts parts_;
  std::atomic<int64_t> max_kept_frame_mib_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_FRAME_FINDER_H_
