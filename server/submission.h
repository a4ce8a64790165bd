// Submission: one AnalyzeFrame or ReprocessFrame call on its way through the pipeline. Thread-safe.
#ifndef ATOMSTREAM_SERVER_SUBMISSION_H_
#define ATOMSTREAM_SERVER_SUBMISSION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/record/frame_record.h"

namespace atomstream {

class FrameProgress;

// Of a frame that is analysed again: what it was before.
struct EarlierResult {
  FrameOrigin origin = FrameOrigin::kSource;
  int64_t sequence = 0;  // of its newest result of LoG*; 0: none is kept
  // The way that it took; null: it is no longer the newest live frame.
  std::shared_ptr<FrameProgress> live;
};

// What ties a frame to the call that handed it over. Either may be empty.
struct CallMarks {
  std::string request_id = {};    // for the log
  std::string trace_parent = {};  // these two: see FrameRecord
  std::string trace_state = {};
};

// `done` is called exactly once, without a lock, unless Pipeline::Submit failed: with the published
// results of all detectors asked for, or CANCELLED, UNAVAILABLE (shutdown), or the store's error.
// It runs on a thread of the pipeline, so it must return quickly and not throw.
class Submission {
 public:
  using Done = std::function<void(absl::StatusOr<FrameRecords>)>;

  Submission(DetectorSet detectors, Done done, std::optional<EarlierResult> earlier = std::nullopt,
             CallMarks marks = {})
      : detectors_(detectors),
        done_(std::move(done)),
        earlier_(std::move(earlier)),
        marks_(std::move(marks)) {}

  DetectorSet detectors() const { return detectors_; }
  // Null: the frame is new.
  const EarlierResult* earlier() const { return earlier_ ? &*earlier_ : nullptr; }

  const CallMarks& marks() const { return marks_; }

  // Nobody waits for the result any more; for DropCancelled of Admission and InferenceRunner.
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  void Finish(absl::StatusOr<FrameRecords> result) { done_(std::move(result)); }

 private:
  const DetectorSet detectors_;
  const Done done_;
  const std::optional<EarlierResult> earlier_;
  const CallMarks marks_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SUBMISSION_H_
