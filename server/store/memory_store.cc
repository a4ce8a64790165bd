#include "server/store/memory_store.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace atomstream {
namespace {

int64_t ApproximateBytes(const LogStarResult& result) {
  auto bytes = static_cast<int64_t>(result.atoms.size() * sizeof(Atom) +
                                    result.front.size() * sizeof(FrontPoint));
  for (const WindowResult& window : result.windows) {
    bytes += static_cast<int64_t>(sizeof(window) + window.front.size() * sizeof(FrontPoint));
  }
  return bytes;
}

int64_t ApproximateBytes(const UnetResult& result) {
  return static_cast<int64_t>(result.atoms.size() * (sizeof(Atom) + 2 * sizeof(float)));
}

int64_t ApproximateBytes(const StructureRecord& structure) {
  const ClusterResult& clusters = structure.clusters;
  const int64_t patch = int64_t{structure.patch_grid} * structure.patch_grid;
  int64_t bonds = 0;
  for (const SiteSurroundings& site : structure.sites.sites) bonds += site.coordination;
  // An atom's share of a bond graph is an index and a distance.
  return static_cast<int64_t>(
      clusters.labels.size() * (sizeof(int) + sizeof(float)) +
      clusters.components.size() * sizeof(float) +
      clusters.clusters.size() * (sizeof(Cluster) + 2 * patch * sizeof(float)) +
      structure.sites.sites.size() * (sizeof(SiteSurroundings) + sizeof(int) + sizeof(float)) +
      bonds * sizeof(Bond));
}

// Of what grows with the frame, and a flat rate for the rest.
int64_t ApproximateBytes(const FrameRecord& record) {
  constexpr int64_t kRest = 4096;
  const int64_t found = std::visit([](const auto& result) { return ApproximateBytes(result); },
                                   record.detector.result);
  const StructureRecord* structure = record.detector.structure.get();
  return kRest + found + (structure == nullptr ? 0 : ApproximateBytes(*structure));
}

}  // namespace

std::string MakeEpoch() {
  std::random_device device;
  uint32_t words[4];
  for (uint32_t& word : words) word = device();
  words[1] = (words[1] & 0xffff0fff) | 0x00004000;  // version 4: random
  words[2] = (words[2] & 0x3fffffff) | 0x80000000;  // the RFC 4122 variant
  return absl::StrFormat("%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16,
                         words[1] & 0xffff, words[2] >> 16, words[2] & 0xffff, words[3]);
}

MemoryStore::MemoryStore(std::string epoch, int capacity, int64_t max_bytes)
    : epoch_(std::move(epoch)), capacity_(static_cast<size_t>(capacity)), max_bytes_(max_bytes) {
  assert(capacity >= 1);
}

absl::StatusOr<FrameRecordPtr> MemoryStore::Append(FrameRecord record) {
  auto kept = std::make_shared<FrameRecord>(std::move(record));
  std::vector<FrameRecordPtr> evicted;  // freed after the lock: a record can be large
  MutexLock lock(&mutex_);
  SetPosition(*kept, {epoch_, ++newest_});
  newest_by_id_[kept->frame_id] = newest_;
  bytes_ += ApproximateBytes(*kept);
  records_.push_back(kept);
  evicted = Evict();
  return FrameRecordPtr(std::move(kept));
}

std::vector<FrameRecordPtr> MemoryStore::Evict() {
  std::vector<FrameRecordPtr> evicted;
  while (records_.size() > capacity_ || (bytes_ > max_bytes_ && records_.size() > 1)) {
    const FrameRecord& oldest = *evicted.emplace_back(std::move(records_.front()));
    records_.pop_front();
    bytes_ -= ApproximateBytes(oldest);
    const auto by_id = newest_by_id_.find(oldest.frame_id);
    if (by_id->second == oldest.position.sequence) newest_by_id_.erase(by_id);
  }
  return evicted;
}

absl::StatusOr<FrameRecordPtr> MemoryStore::Get(const ResultPosition& position) const {
  if (position.epoch != epoch_) {
    return absl::NotFoundError(
        absl::StrCat("position.epoch = ", position.epoch, ": the present epoch is ", epoch_));
  }
  MutexLock lock(&mutex_);
  const StoreRange range = RangeLocked();
  if (range.newest == 0 || position.sequence < range.oldest || position.sequence > range.newest) {
    return absl::NotFoundError(absl::StrCat("position.sequence = ", position.sequence,
                                            ": kept are ", range.oldest, " to ", range.newest));
  }
  return records_[position.sequence - range.oldest];
}

absl::StatusOr<FrameRecordPtr> MemoryStore::GetNewestOf(absl::string_view frame_id) const {
  MutexLock lock(&mutex_);
  const auto found = newest_by_id_.find(std::string(frame_id));
  if (found == newest_by_id_.end()) {
    return absl::NotFoundError(
        absl::StrCat("frame_id = ", frame_id, ": no result of this frame is kept"));
  }
  return records_[found->second - RangeLocked().oldest];
}

absl::StatusOr<std::vector<FrameRecordPtr>> MemoryStore::List(int64_t after_sequence,
                                                              int limit) const {
  std::vector<FrameRecordPtr> result;
  MutexLock lock(&mutex_);
  const StoreRange range = RangeLocked();
  if (range.newest == 0 || limit <= 0) return result;
  for (int64_t sequence = std::max(after_sequence + 1, range.oldest);
       sequence <= range.newest && static_cast<int>(result.size()) < limit; ++sequence) {
    result.push_back(records_[sequence - range.oldest]);
  }
  return result;
}

StoreRange MemoryStore::range() const {
  MutexLock lock(&mutex_);
  return RangeLocked();
}

StoreRange MemoryStore::RangeLocked() const {
  if (records_.empty()) return {};
  return {records_.front()->position.sequence, newest_};
}

}  // namespace atomstream
