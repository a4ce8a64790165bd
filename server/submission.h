// Submission: one AnalyzeFrame call on its way through the pipeline. Thread-safe.
#ifndef ATOMSTREAM_SERVER_SUBMISSION_H_
#define ATOMSTREAM_SERVER_SUBMISSION_H_

#include <atomic>
#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "server/record/frame_record.h"

namespace atomstream {

// `done` is called exactly once, without a lock, unless Pipeline::Submit failed: with the published
// results of all detectors asked for, or CANCELLED, UNAVAILABLE (shutdown), or the store's error.
// It runs on a thread of the pipeline, so it must return quickly and not throw.
class Submission {
 public:
  using Done = std::function<void(absl::StatusOr<FrameRecords>)>;

  Submission(DetectorSet detectors, Done done) : detectors_(detectors), done_(std::move(done)) {}

  DetectorSet detectors() const { return detectors_; }

  // Nobody waits for the result any more; for DropCancelled of Admission and InferenceRunner.
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  void Finish(absl::StatusOr<FrameRecords> result) { done_(std::move(result)); }

 private:
  const DetectorSet detectors_;
  const Done done_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SUBMISSION_H_
