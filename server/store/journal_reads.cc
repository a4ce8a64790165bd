// What is read from a JournalStore: from memory what is there, from the journal the rest.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/store/journal_store.h"
#include "server/store/store_errors.h"

namespace atomstream {
namespace {

absl::Status LostStatus(int64_t sequence) {
  return absl::DataLossError(
      absl::StrCat("position.sequence = ", sequence,
                   ": was published, but could not be written; its number alone is kept"));
}

absl::Status DamagedStatus(int64_t sequence) {
  return absl::DataLossError(
      absl::StrCat("position.sequence = ", sequence, ": is damaged on the disk"));
}

// A lost result is an entry without a detector and without a payload: see LostEntry.
bool IsLost(const EntryKey& key) { return key.detector.empty(); }

// The sequence of the first one; beyond all if there is none.
int64_t FirstOf(const std::vector<StoredResultPtr>& results) {
  return results.empty() ? std::numeric_limits<int64_t>::max() : results.front()->position.sequence;
}

// Fills pages as a store does: until one more would be too much.
class PageFiller {
 public:
  explicit PageFiller(const PageRequest& request) : request_(request) {}

  bool full() const {
    return static_cast<int>(page_.results.size()) >= request_.max_entries ||
           bytes_ >= request_.max_bytes;
  }
  void Add(StoredResultPtr result) {
    bytes_ += static_cast<int64_t>(result->encoded.size());
    page_.results.push_back(std::move(result));
  }
  // What is left of the request.
  PageRequest rest() const {
    PageRequest rest = request_;
    rest.max_entries -= static_cast<int>(page_.results.size());
    rest.max_bytes -= bytes_;
    return rest;
  }
  ResultPage& page() { return page_; }

 private:
  const PageRequest request_;
  ResultPage page_;
  int64_t bytes_ = 0;
};

}  // namespace

StoredResultPtr JournalStore::FindRecent(int64_t sequence) const {
  MutexLock lock(&mutex_);
  return recent_.Find(sequence);
}

StoredResultPtr JournalStore::FromEntry(Entry entry) const {
  auto result = std::make_shared<StoredResult>();
  result->position = {epoch(), entry.sequence};
  result->key = std::move(entry.key);
  result->encoded = std::move(entry.payload);
  // What was written before the store was restored says the epoch of then.
  if (entry.sequence <= journal_->last_of_earlier_epochs() && !result->lost()) {
    result->encoded = deps_.place(std::move(result->encoded), result->position);
  }
  return result;
}

std::vector<StoredResultPtr> JournalStore::Waiting() const {
  MutexLock lock(&mutex_);
  return recent_.Waiting();
}

absl::StatusOr<StoredResultPtr> JournalStore::Get(const ResultPosition& position) const {
  const int64_t sequence = position.sequence;
  RETURN_IF_ERROR(CheckEpoch(position.epoch, epoch()));
  RETURN_IF_ERROR(CheckKept(sequence, range()));
  StoredResultPtr result = FindRecent(sequence);
  if (result == nullptr) {
    absl::StatusOr<Entry> entry = journal_->Read(sequence);
    // It may have been deleted meanwhile.
    if (!entry.ok()) RETURN_IF_ERROR(CheckKept(sequence, range()));
    if (absl::IsDataLoss(entry.status())) return DamagedStatus(sequence);
    RETURN_IF_ERROR(entry.status());
    result = FromEntry(*std::move(entry));
  }
  if (result->lost()) return LostStatus(sequence);
  return result;
}

absl::StatusOr<std::vector<StoredResultPtr>> JournalStore::GetNewestOf(
    absl::string_view frame_id) const {
  // First what waits: it may be written meanwhile, and then counts once.
  std::vector<StoredResultPtr> results;
  for (const StoredResultPtr& result : Waiting()) {
    if (result->key.frame_id == frame_id) results.push_back(result);
  }
  const int64_t first_waiting =
      results.empty() ? std::numeric_limits<int64_t>::max() : results.front()->position.sequence;
  absl::StatusOr<std::vector<Entry>> written = journal_->NewestAnalysisOf(frame_id);
  if (!written.ok() && !absl::IsNotFound(written.status())) return written.status();
  std::vector<StoredResultPtr> all;
  for (Entry& entry : written.ok() ? *written : std::vector<Entry>()) {
    if (entry.sequence < first_waiting) all.push_back(FromEntry(std::move(entry)));
  }
  all.insert(all.end(), results.begin(), results.end());
  if (all.empty()) return NoResultOf(frame_id);
  const StoredResult& newest = *all.back();
  const int64_t start =
      newest.key.analysis_start == 0 ? newest.position.sequence : newest.key.analysis_start;
  const auto is_other = [start](const StoredResultPtr& result) {
    return result->lost() ||
           (result->position.sequence != start && result->key.analysis_start != start);
  };
  all.erase(std::remove_if(all.begin(), all.end(), is_other), all.end());
  if (all.empty()) return NoResultOf(frame_id);
  KeepNewestOfEachDetector(all);
  return all;
}

absl::StatusOr<std::vector<StoredResultPtr>> JournalStore::ReadAfter(int64_t after,
                                                                     const ReadBound& bound) const {
  std::vector<StoredResultPtr> results;
  {
    MutexLock lock(&mutex_);
    RETURN_IF_ERROR(CheckReadAfter(after, RangeLocked()));
    int64_t bytes = 0;
    for (int64_t sequence = after + 1; sequence <= recent_.newest(); ++sequence) {
      StoredResultPtr result = recent_.Find(sequence);
      if (result == nullptr) break;
      if (!results.empty() && (static_cast<int>(results.size()) >= bound.max_results ||
                               bytes + result->bytes() > bound.max_bytes)) {
        break;
      }
      bytes += result->bytes();
      results.push_back(std::move(result));
    }
    if (!results.empty() || after == recent_.newest()) return results;
  }
  absl::StatusOr<std::vector<Entry>> entries = journal_->ReadAfter(
      after, std::max(bound.max_results, 1), std::max<int64_t>(bound.max_bytes, 1));
  if (absl::IsDataLoss(entries.status())) return std::vector{MakeLost(epoch(), after + 1)};
  // It may have been deleted meanwhile.
  if (absl::IsOutOfRange(entries.status())) RETURN_IF_ERROR(CheckReadAfter(after, range()));
  RETURN_IF_ERROR(entries.status());
  for (Entry& entry : *entries) results.push_back(FromEntry(std::move(entry)));
  return results;
}

absl::StatusOr<int64_t> JournalStore::Count(int64_t first, int64_t last,
                                            DetectorSet detectors) const {
  int64_t written = 0;
  int64_t count = 0;
  {
    MutexLock lock(&mutex_);
    const KeptRange kept = RangeLocked();
    first = std::max(first, kept.oldest);
    last = std::min(last, kept.newest);
    if (kept.newest == 0 || first > last) return 0;
    if (detectors == DetectorSet::All()) return last - first + 1;
    written = recent_.written();
    // Not on disk yet. Lost ones count as wanted by everybody.
    count = std::max<int64_t>(last - std::max(first, written + 1) + 1, 0);
    for (const StoredResultPtr& result : recent_.Waiting()) {
      const int64_t sequence = result->position.sequence;
      if (sequence >= first && sequence <= last && !IsOf(*result, detectors)) --count;
    }
  }
  const int64_t last_written = std::min(last, written);
  if (first > last_written) return count;
  std::vector<std::string> names = detectors.Names();
  names.emplace_back();  // the lost ones
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const int64_t of_one, journal_->Count(first, last_written, name));
    count += of_one;
  }
  return count;
}

absl::StatusOr<ResultPage> JournalStore::List(const EntryFilter& filter,
                                              const PageRequest& request) const {
  RETURN_IF_ERROR(ValidatePageRequest(request));
  // Taken first: what is written meanwhile is found in both, and counts as waiting.
  const std::vector<StoredResultPtr> waiting = Waiting();
  return request.order == EntryOrder::kOldestFirst ? ListUp(filter, request, waiting)
                                                   : ListDown(filter, request, waiting);
}

absl::StatusOr<ResultPage> JournalStore::ListUp(const EntryFilter& filter,
                                                const PageRequest& request,
                                                const std::vector<StoredResultPtr>& waiting) const {
  PageFiller filler(request);
  const int64_t first_waiting = FirstOf(waiting);
  if (request.cursor < first_waiting - 1) {
    ASSIGN_OR_RETURN(EntryPage written, journal_->List(filter, request));
    for (Entry& entry : written.entries) {
      if (entry.sequence < first_waiting && !IsLost(entry.key)) {
        filler.Add(FromEntry(std::move(entry)));
      }
    }
    if (written.cursor != 0 && written.cursor < first_waiting - 1) {
      filler.page().cursor = written.cursor;
      return filler.page();
    }
  }
  for (const StoredResultPtr& result : waiting) {
    const int64_t sequence = result->position.sequence;
    if (sequence <= request.cursor || !Matches(filter, result->key)) continue;
    if (filler.full()) {
      filler.page().cursor = sequence - 1;
      break;
    }
    filler.Add(result);
  }
  return filler.page();
}

absl::StatusOr<ResultPage> JournalStore::ListDown(
    const EntryFilter& filter, const PageRequest& request,
    const std::vector<StoredResultPtr>& waiting) const {
  PageFiller filler(request);
  const int64_t before = request.cursor == 0 ? std::numeric_limits<int64_t>::max() : request.cursor;
  for (auto result = waiting.rbegin(); result != waiting.rend(); ++result) {
    const int64_t sequence = (*result)->position.sequence;
    if (sequence >= before || !Matches(filter, (*result)->key)) continue;
    if (filler.full()) {
      filler.page().cursor = sequence + 1;
      return filler.page();
    }
    filler.Add(*result);
  }
  PageRequest rest = filler.rest();
  rest.cursor = std::min(before, FirstOf(waiting));
  if (filler.full()) {
    filler.page().cursor = rest.cursor;
    return filler.page();
  }
  if (rest.cursor == std::numeric_limits<int64_t>::max()) rest.cursor = 0;
  ASSIGN_OR_RETURN(EntryPage written, journal_->List(filter, rest));
  for (Entry& entry : written.entries) {
    if (!IsLost(entry.key)) filler.Add(FromEntry(std::move(entry)));
  }
  filler.page().cursor = written.cursor;
  return filler.page();
}

}  // namespace atomstream
