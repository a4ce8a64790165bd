#include "server/store/frame_finder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

bool IsFrameOf(const Frame& frame, const EntryKey& result) {
  const FrameMetadata& metadata = frame.metadata();
  return metadata.number == result.frame_number &&
         absl::ToUnixNanos(metadata.acquisition_time) == absl::ToUnixNanos(result.acquisition_time);
}

}  // namespace

absl::StatusOr<FrameFinder::FramePtr> FrameFinder::FindInMemory(absl::string_view frame_id) const {
  return frame_id.empty() ? parts_.cache->Newest() : parts_.cache->Get(frame_id);
}

absl::StatusOr<FrameFinder::FramePtr> FrameFinder::Find(absl::string_view frame_id) const {
  absl::StatusOr<FramePtr> in_memory = FindInMemory(frame_id);
  if (in_memory.ok() || !looks_on_disk()) return in_memory;
  if (frame_id.empty()) {
    const int64_t newest = parts_.store->range().newest;
    if (newest == 0) return absl::NotFoundError("frame_id: no frame has a result yet");
    const auto result = parts_.store->Get({parts_.store->epoch(), newest});
    if (result.ok()) return FindOf((*result)->key);
    return absl::NotFoundError(absl::StrCat("frame_id: the newest result does not tell its frame: ",
                                            result.status().message()));
  }
  ASSIGN_OR_RETURN(const std::vector<StoredResultPtr> results, parts_.store->GetNewestOf(frame_id));
  std::string sha256;
  for (const StoredResultPtr& result : results) {
    if (!result->key.frame_sha256.empty()) sha256 = result->key.frame_sha256;
  }
  return Read(frame_id, sha256);
}

absl::StatusOr<FrameFinder::FramePtr> FrameFinder::FindOfInMemory(const EntryKey& result) const {
  ASSIGN_OR_RETURN(FramePtr frame, parts_.cache->Get(result.frame_id));
  if (IsFrameOf(*frame, result)) return frame;
  return absl::NotFoundError(
      absl::StrCat("frame_id = ", result.frame_id, ": a later frame has the same id"));
}

absl::StatusOr<FrameFinder::FramePtr> FrameFinder::FindOf(const EntryKey& result) const {
  absl::StatusOr<FramePtr> in_memory = FindOfInMemory(result);
  if (in_memory.ok() || !looks_on_disk()) return in_memory;
  return Read(result.frame_id, result.frame_sha256);
}

absl::StatusOr<FrameFinder::FramePtr> FrameFinder::Read(absl::string_view frame_id,
                                                        absl::string_view sha256) const {
  if (sha256.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "frame_id = ", frame_id,
        ": its pixels were not written to disk: that was switched off or too slow then"));
  }
  absl::StatusOr<FramePtr> frame = parts_.keeper->Read(sha256);
  if (frame.ok()) return frame;
  if (absl::IsNotFound(frame.status())) {
    return absl::NotFoundError(
        absl::StrCat("frame_id = ", frame_id,
                     ": its pixels are no longer on disk, or could not be written "
                     "(history.max_kept_frame_mib = ",
                     max_kept_frame_mib_.load(), " keeps the newest)"));
  }
  return absl::Status(frame.status().code(),
                      absl::StrCat("frame_id = ", frame_id, ": ", frame.status().message()));
}

}  // namespace atomstream
