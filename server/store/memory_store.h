// MemoryStore: a ResultStore in memory that keeps the newest `capacity` results and forgets
// everything when the process ends. Thread-safe; see ResultStore for who calls what.
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
  // `capacity` >= 1.
  MemoryStore(std::string epoch, int capacity);

  absl::StatusOr<FrameRecordPtr> Append(FrameRecord record) override;
  absl::StatusOr<FrameRecordPtr> Get(const ResultPosition& position) const override;
  absl::StatusOr<FrameRecordPtr> GetNewestOf(absl::string_view frame_id) const override;
  absl::StatusOr<std::vector<FrameRecordPtr>> List(int64_t after_sequence,
                                                   int limit) const override;
  StoreRange range() const override;
  const std::string& epoch() const override { return epoch_; }

 private:
  StoreRange RangeLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string epoch_;
  const size_t capacity_;

  mutable Mutex mutex_;
  std::deque<FrameRecordPtr> records_ ABSL_GUARDED_BY(mutex_);  // by rising sequence
  std::unordered_map<std::string, int64_t> newest_by_id_ ABSL_GUARDED_BY(mutex_);
  int64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_MEMORY_STORE_H_
