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
  while (bytes_ + bytes > max_bytes_) {
    freed.push_back(frames_.front());
    Remove(frames_.begin());
  }
  bytes_ += bytes;
  frames_.push_back(std::move(frame));
  by_id_.emplace(frames_.back()->metadata().id, std::prev(frames_.end()));
}

void FrameCache::Remove(Frames::iterator frame) {
  bytes_ -= BytesOf(**frame);
  by_id_.erase((*frame)->metadata().id);
  frames_.erase(frame);
}

absl::StatusOr<std::shared_ptr<const Frame>> FrameCache::Get(absl::string_view frame_id) const {
  {
    MutexLock lock(&mutex_);
    const auto found = by_id_.find(std::string(frame_id));
    if (found != by_id_.end()) return *found->second;
  }
  return Missing(absl::StrCat("frame_id = ", frame_id));
}

absl::StatusOr<std::shared_ptr<const Frame>> FrameCache::Newest() const {
  {
    MutexLock lock(&mutex_);
    if (!frames_.empty()) return frames_.back();
  }
  return Missing("frame_id");
}

absl::Status FrameCache::Missing(absl::string_view what) const {
  if (max_bytes_ == 0) {
    return absl::NotFoundError(
        absl::StrCat(what, ": no frames are kept (history.max_frame_mib = 0)"));
  }
  return absl::NotFoundError(
      absl::StrCat(what, ": no frame that has a result and is still kept (history.max_frame_mib = ",
                   max_bytes_ / kMebibyte, " keeps the newest)"));
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
