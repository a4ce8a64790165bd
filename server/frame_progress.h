// FrameProgress: what all results of one frame have in common, and how far its detectors are.
// DetectorEvent: one detector's result on its way to the assembler.
//
// A FrameProgress is made by a frame thread, which may still say that a detector is left out; once
// the first detector has begun only the assembler's thread changes it. What is const may be read by
// any thread at any time.
#ifndef ATOMSTREAM_SERVER_FRAME_PROGRESS_H_
#define ATOMSTREAM_SERVER_FRAME_PROGRESS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/admission.h"
#include "server/record/frame_record.h"

namespace atomstream {

class FrameProgress {
 public:
  // All detectors in `asked` are pending.
  FrameProgress(const AdmittedFrame& admitted, DetectorSet asked);

  const FrameRecord common;  // of all records of the frame: its id, size, origin, times so far
  const std::shared_ptr<const Frame> frame;
  const int64_t frames_dropped_before;
  const int64_t live_index;  // these five as in AdmittedFrame
  const absl::Time arrival_time;
  const absl::Time admission_time;
  const std::shared_ptr<Submission> submission;
  const std::shared_ptr<FrameTicket> ticket;  // null: the frame is not kept on disk

  // AdmittedFrame's live index of a live frame, also while it is the newest one and is analysed
  // again; unset: the frame stands alone.
  std::optional<int64_t> place_in_stream() const;

  // Of the call that handed the frame over; empty: it is a live one. For the log.
  absl::string_view request_id() const;

  // A detector that was asked for is not pending any more.
  void Settle(DetectorKind kind, DetectorState state, std::string reason);

  // Its result was published.
  void AddRecord(const FrameRecordPtr& record);

  // A result that was asked for is not to be had; the first reason counts.
  void Lose(absl::Status why);

  const std::vector<DetectorSummary>& summary() const { return summary_; }
  int64_t SequenceOf(DetectorKind kind) const;  // of its newest published result; 0: none
  bool complete() const { return !AnyPending(summary_); }
  bool published() const { return published_; }  // any result

  // For the submission: its records, or why one is missing.
  absl::StatusOr<FrameRecords> Outcome() const;

 private:
  std::vector<DetectorSummary> summary_;
  bool published_ = false;
  FrameRecords records_;  // only with a submission
  absl::Status lost_;
};

struct KeptFrame;
struct SceneInput;

// When a result that is made anew was asked for and begun, on the steady clock.
struct AnewTimes {
  absl::Time request_time;
  absl::Time begin_time;
};

struct DetectorEvent {
  std::shared_ptr<FrameProgress> progress;
  DetectorRecord detector;
  ResultCause cause = ResultCause::kFrame;
  int64_t settings_version = 0;
  // For NewestFrame, once the result is published; null: not to be kept.
  std::shared_ptr<KeptFrame> kept;
  // Set: the frame has passed already and is decided anew, which is no step of its progress.
  std::optional<AnewTimes> anew;
  std::optional<EvaluationRecord> evaluation;
  // Of LoG*'s live results that are followed; else null.
  std::shared_ptr<const SceneInput> scene;
  // "cancelled", "shutdown": the frame was given up before the detector's turn came;
  // detector.status says so too.
  std::string given_up;
  // With this result the frame leaves the pipeline's bound; the U-Net has a bound of its own.
  bool holds_place = false;
  absl::Time finish_time;  // on the steady clock
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_FRAME_PROGRESS_H_
