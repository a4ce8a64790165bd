// ScriptedStore: a ResultStore whose results, losses, retention and errors the test decides.
// Thread-safe.
#ifndef ATOMSTREAM_TESTS_FAKES_SCRIPTED_STORE_H_
#define ATOMSTREAM_TESTS_FAKES_SCRIPTED_STORE_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "server/store/result_store.h"

namespace atomstream {

class ScriptedStore final : public ResultStore {
 public:
  static constexpr absl::string_view kEpoch = "epoch";

  // The next result. Its wire form has `bytes` bytes, and begins with its number.
  StoredResultPtr Add(DetectorKind detector = DetectorKind::kLogStar, size_t bytes = 16) {
    auto result = std::make_shared<StoredResult>();
    result->key.detector = std::string(DetectorName(detector));
    MutexLock lock(&mutex_);
    const int64_t sequence = static_cast<int64_t>(results_.size()) + 1;
    result->position = {std::string(kEpoch), sequence};
    result->encoded = absl::StrCat(sequence, ":");
    result->encoded.resize(std::max(bytes, result->encoded.size()));
    results_.push_back(result);
    return result;
  }
  void Add(int results) {
    for (int i = 0; i < results; ++i) Add();
  }

  // Results before this one are no longer kept.
  void ForgetBefore(int64_t oldest) {
    MutexLock lock(&mutex_);
    oldest_ = oldest;
  }
  // Its number alone is kept, and its detector unless `with_detector` is false.
  void Lose(int64_t sequence, bool with_detector = true) {
    MutexLock lock(&mutex_);
    auto lost = std::make_shared<StoredResult>(*results_[static_cast<size_t>(sequence - 1)]);
    lost->encoded.clear();
    if (!with_detector) lost->key.detector.clear();
    results_[static_cast<size_t>(sequence - 1)] = std::move(lost);
  }
  // Reads fail from now on, or succeed again.
  void SetBroken(bool broken) {
    MutexLock lock(&mutex_);
    broken_ = broken;
  }
  int64_t reads() const {
    MutexLock lock(&mutex_);
    return reads_;
  }

  absl::StatusOr<AppendedResult> Append(FrameRecord) override {
    return absl::UnimplementedError("Append");
  }
  absl::StatusOr<StoredResultPtr> Get(const ResultPosition&) const override {
    return absl::UnimplementedError("Get");
  }
  absl::StatusOr<std::vector<StoredResultPtr>> GetNewestOf(absl::string_view) const override {
    return absl::UnimplementedError("GetNewestOf");
  }
  absl::StatusOr<ResultPage> List(const EntryFilter&, const PageRequest&) const override {
    return absl::UnimplementedError("List");
  }

  absl::StatusOr<std::vector<StoredResultPtr>> ReadAfter(int64_t after,
                                                         const ReadBound& bound) const override {
    MutexLock lock(&mutex_);
    ++reads_;
    if (broken_) return absl::UnavailableError("the disk failed");
    if (after + 1 < oldest_ || after > newest()) return absl::OutOfRangeError("not kept");
    std::vector<StoredResultPtr> results;
    int64_t bytes = 0;
    for (int64_t sequence = after + 1; sequence <= newest(); ++sequence) {
      const StoredResultPtr& result = results_[static_cast<size_t>(sequence - 1)];
      bytes += result->bytes();
      if (!results.empty() &&
          (bytes > bound.max_bytes || static_cast<int>(results.size()) == bound.max_results)) {
        break;
      }
      results.push_back(result);
    }
    return results;
  }

  absl::StatusOr<int64_t> Count(int64_t first, int64_t last, DetectorSet detectors) const override {
    MutexLock lock(&mutex_);
    if (broken_) return absl::UnavailableError("the disk failed");
    int64_t count = 0;
    for (int64_t sequence = std::max(first, oldest_); sequence <= std::min(last, newest());
         ++sequence) {
      const auto kind = DetectorNamed(results_[static_cast<size_t>(sequence - 1)]->key.detector);
      if (kind && detectors.Has(*kind)) ++count;
    }
    return count;
  }

  KeptRange range() const override {
    MutexLock lock(&mutex_);
    return results_.empty() ? KeptRange{} : KeptRange{oldest_, newest()};
  }
  const std::string& epoch() const override { return epoch_; }
  StoreStatus status() const override { return {}; }

 private:
  int64_t newest() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return static_cast<int64_t>(results_.size());
  }

  const std::string epoch_ = std::string(kEpoch);
  mutable Mutex mutex_;
  std::vector<StoredResultPtr> results_ ABSL_GUARDED_BY(mutex_);
  int64_t oldest_ ABSL_GUARDED_BY(mutex_) = 1;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  mutable int64_t reads_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_SCRIPTED_STORE_H_
