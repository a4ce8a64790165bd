#include "server/store/memory_store.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "server/store/store_errors.h"

namespace atomstream {

std::string MakeEpoch() {
  std::random_device device;
  uint32_t words[4];
  for (uint32_t& word : words) word = device();
  words[1] = (words[1] & 0xffff0fff) | 0x00004000;  // version 4: random
  words[2] = (words[2] & 0x3fffffff) | 0x80000000;  // the RFC 4122 variant
  return absl::StrFormat("%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16,
                         words[1] & 0xffff, words[2] >> 16, words[2] & 0xffff, words[3]);
}

MemoryStore::MemoryStore(std::string epoch, int capacity, ResultEncoder encode, int64_t max_bytes)
    : epoch_(std::move(epoch)),
      encode_(std::move(encode)),
      max_bytes_(max_bytes),
      capacity_(static_cast<size_t>(capacity)) {
  assert(capacity >= 1);
}

absl::StatusOr<AppendedResult> MemoryStore::Append(FrameRecord record) {
  const int64_t sequence = range().newest + 1;  // nobody else appends
  SetPosition(record, {epoch_, sequence});
  const auto stored = std::make_shared<StoredResult>();
  stored->position = record.position;
  stored->key = KeyOf(record);
  stored->encoded = encode_(record);
  std::vector<StoredResultPtr> evicted;  // freed after the lock: a result can be large
  MutexLock lock(&mutex_);
  newest_ = sequence;
  newest_by_id_[stored->key.frame_id] = sequence;
  bytes_ += stored->bytes();
  results_.push_back(stored);
  evicted = Evict();
  return AppendedResult{std::make_shared<const FrameRecord>(std::move(record)), stored};
}

std::vector<StoredResultPtr> MemoryStore::Evict() {
  std::vector<StoredResultPtr> evicted;
  while (results_.size() > capacity_ || (bytes_ > max_bytes_ && results_.size() > 1)) {
    const StoredResult& oldest = *evicted.emplace_back(std::move(results_.front()));
    results_.pop_front();
    bytes_ -= oldest.bytes();
    const auto by_id = newest_by_id_.find(oldest.key.frame_id);
    if (by_id->second == oldest.position.sequence) newest_by_id_.erase(by_id);
  }
  return evicted;
}

void MemoryStore::SetCapacity(int capacity) {
  assert(capacity >= 1);
  std::vector<StoredResultPtr> evicted;
  MutexLock lock(&mutex_);
  capacity_ = static_cast<size_t>(capacity);
  evicted = Evict();
}

absl::StatusOr<StoredResultPtr> MemoryStore::Get(const ResultPosition& position) const {
  RETURN_IF_ERROR(CheckEpoch(position.epoch, epoch_));
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(CheckKept(position.sequence, RangeLocked()));
  return At(position.sequence);
}

absl::StatusOr<std::vector<StoredResultPtr>> MemoryStore::GetNewestOf(
    absl::string_view frame_id) const {
  std::vector<StoredResultPtr> results;
  MutexLock lock(&mutex_);
  const auto found = newest_by_id_.find(std::string(frame_id));
  if (found == newest_by_id_.end()) return NoResultOf(frame_id);
  const KeptRange range = RangeLocked();
  const StoredResult& newest = *At(found->second);
  const int64_t start =
      newest.key.analysis_start == 0 ? newest.position.sequence : newest.key.analysis_start;
  for (int64_t sequence = std::max(start, range.oldest); sequence <= newest.position.sequence;
       ++sequence) {
    const StoredResultPtr& result = At(sequence);
    if (result->key.frame_id != newest.key.frame_id) continue;
    if (sequence == start || result->key.analysis_start == start) results.push_back(result);
  }
  KeepNewestOfEachDetector(results);
  return results;
}

absl::StatusOr<std::vector<StoredResultPtr>> MemoryStore::ReadAfter(int64_t after,
                                                                    const ReadBound& bound) const {
  std::vector<StoredResultPtr> results;
  MutexLock lock(&mutex_);
  const KeptRange range = RangeLocked();
  RETURN_IF_ERROR(CheckReadAfter(after, range));
  int64_t bytes = 0;
  for (int64_t sequence = after + 1; sequence <= range.newest; ++sequence) {
    const StoredResultPtr& result = At(sequence);
    if (!results.empty() && (static_cast<int>(results.size()) >= bound.max_results ||
                             bytes + result->bytes() > bound.max_bytes)) {
      break;
    }
    bytes += result->bytes();
    results.push_back(result);
  }
  return results;
}

absl::StatusOr<int64_t> MemoryStore::Count(int64_t first, int64_t last,
                                           DetectorSet detectors) const {
  MutexLock lock(&mutex_);
  const KeptRange range = RangeLocked();
  int64_t count = 0;
  for (int64_t sequence = std::max(first, std::max<int64_t>(range.oldest, 1));
       sequence <= std::min(last, range.newest); ++sequence) {
    count += IsOf(*At(sequence), detectors) ? 1 : 0;
  }
  return count;
}

absl::StatusOr<ResultPage> MemoryStore::List(const EntryFilter& filter,
                                             const PageRequest& request) const {
  RETURN_IF_ERROR(ValidatePageRequest(request));
  ResultPage page;
  MutexLock lock(&mutex_);
  const KeptRange range = RangeLocked();
  if (range.newest == 0) return page;
  const bool newest_first = request.order == EntryOrder::kNewestFirst;
  const int64_t from =
      newest_first && request.cursor == 0 ? std::numeric_limits<int64_t>::max() : request.cursor;
  const int64_t step = newest_first ? -1 : 1;
  int64_t sequence =
      newest_first ? std::min(from - 1, range.newest) : std::max(from + 1, range.oldest);
  int64_t bytes = 0;
  for (; sequence >= range.oldest && sequence <= range.newest; sequence += step) {
    const StoredResultPtr& result = At(sequence);
    if (!Matches(filter, result->key)) continue;
    // One more matches, so this is not the last page.
    if (static_cast<int>(page.results.size()) == request.max_entries ||
        bytes >= request.max_bytes) {
      page.cursor = sequence - step;
      return page;
    }
    bytes += result->bytes();
    page.results.push_back(result);
  }
  return page;
}

KeptRange MemoryStore::range() const {
  MutexLock lock(&mutex_);
  return RangeLocked();
}

StoreStatus MemoryStore::status() const {
  MutexLock lock(&mutex_);
  StoreStatus status;
  status.bytes = bytes_;
  return status;
}

KeptRange MemoryStore::RangeLocked() const {
  if (results_.empty()) return {};
  return {results_.front()->position.sequence, newest_};
}

const StoredResultPtr& MemoryStore::At(int64_t sequence) const {
  return results_[static_cast<size_t>(sequence - results_.front()->position.sequence)];
}

}  // namespace atomstream
