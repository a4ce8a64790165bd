// InferenceRunner: runs the U-Net on frames, one at a time, on the one inference thread.
//
//   live frames   taken only while the thread has nothing to do, else left out: a slow network must
//                 neither delay the live stream nor pile up frames
//   submissions   wait in a queue, first come first served; its bound is the number of places
//
// Thread-safe, except that Start, Shutdown and the destructor belong to the owner (the pipeline).
// Invariant: for every frame that was taken, `done` is called exactly once, without a lock; while
// it runs on the inference thread no other frame begins, so that results cannot pile up behind it.
#ifndef ATOMSTREAM_SERVER_INFERENCE_INFERENCE_RUNNER_H_
#define ATOMSTREAM_SERVER_INFERENCE_INFERENCE_RUNNER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
#include "server/health/pipeline_progress.h"
#include "server/inference/inference_place.h"
#include "server/inference/unet_model.h"
#include "server/metrics/daemon_metrics.h"
#include "server/submission.h"

namespace atomstream {

struct InferenceOutcome {
  // Of the detector, INTERNAL if it threw; CANCELLED or UNAVAILABLE if the frame was given up.
  absl::StatusOr<UnetResult> result;
  // "cancelled", "shutdown": the frame was given up before its turn came. Empty: it was worked on.
  std::string given_up;
};

// All outlive the runner.
struct InferenceDependencies {
  const ModelHolder* model = nullptr;
  const Clock* steady_clock = nullptr;
  DaemonMetrics* metrics = nullptr;
  // Called by the inference thread before anything else: lets it stand back for LoG*. May be empty.
  std::function<void()> lower_priority;
  PipelineProgress* progress =
      nullptr;  // told of frames, and of those that are finished; may be null
};

class InferenceRunner {
 public:
  // Must not throw. On the inference thread, or on that of DropCancelled or Shutdown.
  using Done = std::function<void(InferenceOutcome)>;

  // `submit_queue` >= 1: places for submissions.
  InferenceRunner(int submit_queue, InferenceDependencies dependencies);
  // Gives up what waits; waits for the frame that is being worked on, however long that takes.
  ~InferenceRunner();

  void Start();

  // A live frame. False, and counted: the thread is busy, or a later frame was taken before (calls
  // of several threads may overtake one another; results leave in the order of `live_index`).
  bool TryRun(std::shared_ptr<const Frame> frame, int64_t live_index, Done done);

  // Null: as many submissions wait as may.
  InferencePlace TakePlace() { return places_.Take(); }
  bool has_room() const { return places_.any_free(); }

  // A submitted frame; `place` is held until its turn comes.
  void Enqueue(std::shared_ptr<const Frame> frame, std::shared_ptr<const Submission> submission,
               InferencePlace place, Done done);

  // Gives up the submissions that were cancelled and still wait.
  void DropCancelled();

  // Takes no live frame any more, lets what waits finish until `deadline`, then gives it up and
  // waits no longer. True: the thread is joined. False: a frame is still being worked on.
  bool Shutdown(absl::Time deadline);

  // Brings the metric of how long the oldest frame waits up to now.
  void ShowAge() const;

 private:
  struct Job {
    std::shared_ptr<const Frame> frame;
    std::shared_ptr<const Submission> submission;  // null: live
    InferencePlace place;
    absl::Time offer_time;
    Done done;
  };

  void Run();  // the inference thread's life
  std::optional<Job> NextJob();
  void Work(Job job);
  void Count(const absl::StatusOr<UnetResult>& result) const;
  bool IdleLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !working_ && jobs_.empty();
  }
  void ShowDepth() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Gives up everything that waits and lets the thread end.
  void Abandon();
  void GiveUp(Job job, absl::Status why, const std::string& reason) const;

  const InferenceDependencies deps_;
  InferencePlaces places_;
  std::thread thread_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);  // waiting; at most one is live
  bool working_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;     // no live frame any more
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;  // nothing begins any more
  int64_t newest_live_index_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INFERENCE_INFERENCE_RUNNER_H_
