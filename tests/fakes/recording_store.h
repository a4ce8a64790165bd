// RecordingStore: a store in memory that keeps the records besides, for tests that look into them;
// and a wire form for tests without protobuf.
#ifndef ATOMSTREAM_TESTS_FAKES_RECORDING_STORE_H_
#define ATOMSTREAM_TESTS_FAKES_RECORDING_STORE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "server/store/memory_store.h"

namespace atomstream {

// "frame_id#sequence".
inline std::string FakeEncode(const FrameRecord& record) {
  return absl::StrCat(record.frame_id, "#", record.position.sequence);
}

// Refuses results of the frame "unlucky".
class RecordingStore final : public ResultStore {
 public:
  absl::StatusOr<AppendedResult> Append(FrameRecord record) override {
    if (record.frame_id == "unlucky") return absl::DataLossError("disk full");
    absl::StatusOr<AppendedResult> appended = kept_.Append(std::move(record));
    MutexLock lock(&mutex_);
    records_.push_back(appended->record);
    return appended;
  }
  absl::StatusOr<StoredResultPtr> Get(const ResultPosition& position) const override {
    return kept_.Get(position);
  }
  absl::StatusOr<std::vector<StoredResultPtr>> GetNewestOf(absl::string_view id) const override {
    return kept_.GetNewestOf(id);
  }
  absl::StatusOr<std::vector<StoredResultPtr>> ReadAfter(int64_t after,
                                                         const ReadBound& bound) const override {
    return kept_.ReadAfter(after, bound);
  }
  absl::StatusOr<int64_t> Count(int64_t first, int64_t last, DetectorSet detectors) const override {
    return kept_.Count(first, last, detectors);
  }
  absl::StatusOr<ResultPage> List(const EntryFilter& filter,
                                  const PageRequest& request) const override {
    return kept_.List(filter, request);
  }
  KeptRange range() const override { return kept_.range(); }
  const std::string& epoch() const override { return kept_.epoch(); }
  StoreStatus status() const override { return kept_.status(); }

  FrameRecords records() const {
    MutexLock lock(&mutex_);
    return records_;
  }
  FrameRecordPtr RecordOf(const StoredResult& result) const {
    return records().at(static_cast<size_t>(result.position.sequence - 1));
  }

 private:
  MemoryStore kept_{"epoch", 10'000, &FakeEncode};

  mutable Mutex mutex_;
  FrameRecords records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_RECORDING_STORE_H_
