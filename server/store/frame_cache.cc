#include "server/store/frame_cache.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;

}  // namespace

int64_t FrameCache::BytesOf(const Frame& frame) {
  int64_t bytes = static_cast<int64_t>(sizeof(Frame)) +
                  static_cast<int64_t>(frame.image().total() * sizeof(float));
  const auto& truth = frame.metadata().ground_truth;
  if (truth) bytes += static_cast<int64_t>(truth->size() * sizeof(PointPx));
  return bytes;
}

void FrameCache::Add(std::shared_ptr<const Frame> frame) {
  const int64_t bytes = BytesOf(*frame);
  Frames freed;  // outlives the lock: freeing a frame of 64 MiB takes time
  MutexLock lock(&mutex_);
  const auto same = by_id_.find(frame->metadata().id);
  if (same != by_id_.end()) {
    if (*same->second == frame) return;
    freed.push_back(*same->second);
    Remove(same->second);
  }
  if (bytes > max_bytes_) return;
  freed.splice(freed.end(), MakeRoom(bytes));
  bytes_ += bytes;
  frames_.push_back(std::move(frame));
  by_id_.emplace(frames_.back()->metadata().id, std::prev(frames_.end()));
}

FrameCache::Frames FrameCache::MakeRoom(int64_t more_bytes) {
  Frames freed;
  while (bytes_ + more_bytes > max_bytes_ && !frames_.empty()) {
    freed.push_back(frames_.front());
    Remove(frames_.begin());
  }
  return freed;
}

void FrameCache::SetMaxBytes(int64_t max_bytes) {
  Frames freed;
  MutexLock lock(&mutex_);
  max_bytes_ = max_bytes;
  freed = MakeRoom(0);
}

void FrameCache::Remove(Frames::iterator frame) {
  bytes_ -= BytesOf(**frame);
  by_id_.erase((*frame)->metadata().id);
  frames_.erase(frame);
}

absl::StatusOr<std::shared_ptr<const Frame>> FrameCache::Get(absl::string_view frame_id) const {
  int64_t max_bytes = 0;
  {
    MutexLock lock(&mutex_);
    const auto found = by_id_.find(std::string(frame_id));
    if (found != by_id_.end()) return *found->second;
    max_bytes = max_bytes_;
  }
  return Missing(absl::StrCat("frame_id = ", frame_id), max_bytes);
}

absl::StatusOr<std::shared_ptr<const Frame>> FrameCache::Newest() const {
  int64_t max_bytes = 0;
  {
    MutexLock lock(&mutex_);
    if (!frames_.empty()) return frames_.back();
    max_bytes = max_bytes_;
  }
  return Missing("frame_id", max_bytes);
}

absl::Status FrameCache::Missing(absl::string_view what, int64_t max_bytes) {
  if (max_bytes == 0) {
    return absl::NotFoundError(
        absl::StrCat(what, ": no frames are kept (history.max_frame_mib = 0)"));
  }
  return absl::NotFoundError(
      absl::StrCat(what, ": no frame that has a result and is still kept (history.max_frame_mib = ",
                   max_bytes / kMebibyte, " keeps the newest)"));
}

int64_t FrameCache::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

int FrameCache::frames() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(frames_.size());
}

}  // namespace atomstream
