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
  MemoryStore(std::string epoch, int capacity, ResultEncoder encode, int64_t max_bytes = kMaxBytes);

  absl::StatusOr<AppendedResult> Append(FrameRecord record) override;
  absl::StatusOr<StoredResultPtr> Get(const ResultPosition& position) const override;
  absl::StatusOr<std::vector<StoredResultPtr>> GetNewestOf(
      absl::string_view frame_id) const override;
  absl::StatusOr<std::vector<StoredResultPtr>> ReadAfter(int64_t after,
                                                         const ReadBound& bound) const override;
  absl::StatusOr<int64_t> Count(int64_t first, int64_t last, DetectorSet detectors) const override;
  absl::StatusOr<ResultPage> List(const EntryFilter& filter,
                                  const PageRequest& request) const override;
  KeptRange range() const override;
  const std::string& epoch() const override { return epoch_; }
  StoreStatus status() const override;

  // So many results are kept from now on, >= 1; those beyond go before this returns. Any thread.
  void SetCapacity(int capacity);

 private:
  // Takes the oldest results out until the bounds are kept.
  std::vector<StoredResultPtr> Evict() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  KeptRange RangeLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const StoredResultPtr& At(int64_t sequence) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string epoch_;
  const ResultEncoder encode_;
  const int64_t max_bytes_;

  mutable Mutex mutex_;
  size_t capacity_ ABSL_GUARDED_BY(mutex_);
  std::deque<StoredResultPtr> results_ ABSL_GUARDED_BY(mutex_);  // by rising sequence
  std::unordered_map<std::string, int64_t> newest_by_id_ ABSL_GUARDED_BY(mutex_);
  int64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of results_
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_MEMORY_STORE_H_
