#include "server/store/preview_shelf.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// Frames may share an id.
std::string KeyOf(const EntryKey& result) {
  return absl::StrCat(result.frame_number, "/", absl::ToUnixNanos(result.acquisition_time), "/",
                      result.frame_id);
}

}  // namespace

PreviewPtr PreviewShelf::Get(const EntryKey& result) {
  const std::string key = KeyOf(result);
  PreviewPtr preview = Find(key);
  return preview != nullptr ? preview : Make(key, frames_->FindOfInMemory(result));
}

PreviewPtr PreviewShelf::Load(const EntryKey& result) {
  const std::string key = KeyOf(result);
  PreviewPtr preview = Find(key);
  return preview != nullptr ? preview : Make(key, frames_->FindOf(result));
}

PreviewPtr PreviewShelf::Find(const std::string& key) {
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  previews_.splice(previews_.end(), previews_, found->second);
  return found->second->second;
}

PreviewPtr PreviewShelf::Make(const std::string& key,
                              const absl::StatusOr<std::shared_ptr<const Frame>>& frame) {
  if (!frame.ok()) return nullptr;
  MutexLock making(&making_);
  if (PreviewPtr preview = Find(key)) return preview;
  const auto made = CatchToStatus("make a preview", [&]() -> absl::StatusOr<PreviewPtr> {
    return std::make_shared<const std::string>(make_(**frame));
  });
  if (!made.ok()) return nullptr;
  MutexLock lock(&mutex_);
  by_key_[key] = previews_.emplace(previews_.end(), key, *made);
  bytes_ += static_cast<int64_t>((*made)->size());
  while (bytes_ > max_bytes_) {
    bytes_ -= static_cast<int64_t>(previews_.front().second->size());
    by_key_.erase(previews_.front().first);
    previews_.pop_front();
  }
  return *made;
}

}  // namespace atomstream
