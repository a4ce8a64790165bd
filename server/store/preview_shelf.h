// PreviewShelf: the previews of the newest frames that somebody wanted one of, each made once and
// shared. Thread-safe. Invariant: they take at most `max_bytes`; the one that was wanted least
// lately makes room.
#ifndef ATOMSTREAM_SERVER_STORE_PREVIEW_SHELF_H_
#define ATOMSTREAM_SERVER_STORE_PREVIEW_SHELF_H_

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/base/mutex.h"
#include "server/journal/entry.h"
#include "server/store/frame_finder.h"

namespace atomstream {

using PreviewPtr = std::shared_ptr<const std::string>;

class PreviewShelf {
 public:
  static constexpr int64_t kMaxBytes = int64_t{32} << 20;

  // `make` gives a frame's preview in the form in which it is sent; it may throw. `frames` outlives
  // the shelf.
  PreviewShelf(const FrameFinder* frames, std::function<std::string(const Frame&)> make,
               int64_t max_bytes = kMaxBytes)
      : frames_(frames), make_(std::move(make)), max_bytes_(max_bytes) {}

  // The preview of this result's frame. Null: the frame is not in memory, and its preview is not
  // here.
  PreviewPtr Get(const EntryKey& result);
  // Looks on disk as well: takes long, so that whoever has time does it before Get is called.
  PreviewPtr Load(const EntryKey& result);

 private:
  using Previews = std::list<std::pair<std::string, PreviewPtr>>;

  PreviewPtr Find(const std::string& key);
  PreviewPtr Make(const std::string& key,
                  const absl::StatusOr<std::shared_ptr<const Frame>>& frame);

  const FrameFinder* const frames_;
  const std::function<std::string(const Frame&)> make_;
  const int64_t max_bytes_;

  Mutex making_;  // taken before mutex_: one is made at a time, so that none is made twice
  Mutex mutex_;
  Previews previews_ ABSL_GUARDED_BY(mutex_);  // the one wanted least lately first
  std::unordered_map<std::string, Previews::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_PREVIEW_SHELF_H_
