// MemoryStore: a ResultStore in memory that keeps the newest `capacity` results, fewer when they
// are large, and forgets everything when the process ends. Thread-safe; see ResultStore for who
// calls what.
#ifndef ATOMSTREAM_SERVER_STORE_MEMORY_STORE_H_
#define ATOMSTREAM_SERVER_STORE_MEMORY_STORE_H_

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/mutex.h"
#include "server/store/result_store.h"

namespace atomstream {

// A random UUID (version 4) in its usual text form.
std::string MakeEpoch();

class MemoryStore final : public ResultStore {
 public:
  // What all results together may take, about; the newest is kept in any case. A thousand results
  // of 512 x 512 frames take some 60 MB, of 4096 x 4096 frames several GB.
  static constexpr int64_t kMaxBytes = int64_t{1} << 30;

  // `capacity` >= 1.
  MemoryStore(std::string epoch, int capacity, int64_t max_bytes = kMaxBytes);

  absl::StatusOr<FrameRecordPtr> Append(FrameRecord record) override;
  absl::StatusOr<FrameRecordPtr> Get(const ResultPosition& position) const override;
  absl::StatusOr<FrameRecordPtr> GetNewestOf(absl::string_view frame_id) const override;
  absl::StatusOr<std::vector<FrameRecordPtr>> List(int64_t after_sequence,
                                                   int limit) const override;
  StoreRange range() const override;
  const std::string& epoch() const override { return epoch_; }

 private:
  // Takes the oldest results out until the bounds are kept.
  std::vector<FrameRecordPtr> Evict() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StoreRange RangeLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string epoch_;
  const size_t capacity_;
  const int64_t max_bytes_;

  mutable Mutex mutex_;
  std::deque<FrameRecordPtr> records_ ABSL_GUARDED_BY(mutex_);  // by rising sequence
  std::unordered_map<std::string, int64_t> newest_by_id_ ABSL_GUARDED_BY(mutex_);
  int64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of records_
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_MEMORY_STORE_H_
