// Admission: the door of the pipeline. At most `frames_in_flight` frames are inside at a time; who
// does not fit waits outside, within bounds:
//
//   live frames   only the newest waits; the one it replaces is dropped and counted
//   submissions   up to `submit_queue` wait, first come first served; further ones are refused
//
// Neither starves the other: when both wait they take turns, and while there is a live source
// submissions never hold the last free place. Thread-safe. Invariants: every frame that was taken
// in by OfferLive or Submit is either handed out by Take exactly once or counted as dropped in
// exactly one place; live frames are handed out in the order in which they came.
#ifndef ATOMSTREAM_SERVER_ADMISSION_H_
#define ATOMSTREAM_SERVER_ADMISSION_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
#include "server/health/pipeline_progress.h"
#include "server/inference/inference_place.h"
#include "server/metrics/daemon_metrics.h"
#include "server/record/frame_record.h"
#include "server/store/frame_ticket.h"
#include "server/submission.h"

namespace atomstream {

// A frame inside the pipeline.
struct AdmittedFrame {
  std::shared_ptr<const Frame> frame;
  FrameOrigin origin = FrameOrigin::kSource;
  absl::Time arrival_time;  // these two on the steady clock
  absl::Time admission_time;
  int64_t live_index = 0;                  // kSource: 0, 1, 2, … in the order of admission
  int64_t frames_dropped_before = 0;       // kSource: dropped since the live frame before this one
  std::shared_ptr<Submission> submission;  // kAnalyze
  InferencePlace unet_place;               // kAnalyze, if it asks for the U-Net
  std::shared_ptr<FrameTicket> ticket;     // null: the frame is not kept on disk
};

struct AdmissionOptions {
  int frames_in_flight = 2;  // >= 1
  int submit_queue = 16;     // >= 1
  bool live_source = true;   // whether to keep a place for live frames
  // A live frame waits for the one before it to be admitted instead of replacing it: for sources
  // that can wait, such as a replay as fast as possible.
  bool live_frames_wait = false;
};

class Admission {
 public:
  // `clock` (a steady one), `metrics` and `progress` outlive the admission. `progress` is told how
  // many frames wait and are inside, and that one has left; null: nobody is.
  Admission(const AdmissionOptions& options, const Clock* clock, DaemonMetrics* metrics,
            PipelineProgress* progress = nullptr);

  // Waits only if live_frames_wait; a frame that comes after Close is dropped.
  void OfferLive(std::shared_ptr<const Frame> frame);

  // ResourceExhausted: the queue is full. Unavailable: closed. Never waits. `unet_place` goes with
  // the frame.
  absl::Status Submit(std::shared_ptr<const Frame> frame, std::shared_ptr<Submission> submission,
                      InferencePlace unet_place = nullptr);

  // OK: Submit would take a frame now. Otherwise what it would say; to be asked before work is put
  // into a frame that would be refused.
  absl::Status CheckRoom();

  // Drops the submissions that were cancelled and still wait, so that their frames are freed now.
  void DropCancelled();

  // Waits for a frame and a place for it. nullopt: closed, and nothing waits any more.
  std::optional<AdmittedFrame> Take();

  // A frame that Take handed out has left the pipeline.
  void Release(FrameOrigin origin);

  // Nothing more comes in; what waits is still handed out.
  void Close();

  // Waits until the pipeline is empty. False: `deadline` passed.
  bool WaitUntilEmpty(absl::Time deadline);

  // Closes and drops everything that waits.
  void Abandon();

  int frames_in_flight() const;

  // Brings the metrics of how long the oldest entries wait up to now.
  void ShowAges() const;

 private:
  struct Waiting {
    std::shared_ptr<const Frame> frame;
    absl::Time arrival_time;
    std::shared_ptr<Submission> submission;
    InferencePlace unet_place;
  };

  bool LiveMayEnter() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool SubmissionMayEnter() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  AdmittedFrame AdmitLive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  AdmittedFrame AdmitSubmission() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Counts a refusal.
  absl::Status RoomForSubmission() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes out the submissions whose caller has gone.
  std::deque<Waiting> RemoveCancelled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Tells their callers; call without the lock.
  static void FinishAll(const std::deque<Waiting>& submissions, const absl::Status& why);
  void ShowDepths() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int InFlight() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return live_in_flight_ + submissions_in_flight_;
  }

  const AdmissionOptions options_;
  const Clock* const clock_;
  DaemonMetrics* const metrics_;
  PipelineProgress* const progress_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<Waiting> live_ ABSL_GUARDED_BY(mutex_);
  std::deque<Waiting> submissions_ ABSL_GUARDED_BY(mutex_);
  int live_in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  int submissions_in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t next_live_index_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t live_dropped_ ABSL_GUARDED_BY(mutex_) = 0;  // since the last live frame went in
  bool live_had_last_turn_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_ADMISSION_H_
