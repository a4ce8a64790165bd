// PipelineProgress: whether the work that is inside a part of the daemon gets on. The one notion of
// progress: health, the watchdog of the service manager and the metrics all mean this.
//
// Work gets on when a step of it ends: a task of the executor, a detector's result, a frame that
// leaves. How often frames come in says nothing: a wedged pipeline still drops them at its door.
// And that one frame gets on says nothing of another: whoever works on one thing holds a Piece,
// with steps of its own, and the piece that has waited longest for a step is what counts.
//
// A piece is for work, not for waiting: a result that waits for an earlier frame's has none.
//
// Owned by the part that it is about; thread-safe; a step costs a lock that is hardly ever fought
// for.
#ifndef ATOMSTREAM_SERVER_HEALTH_PIPELINE_PROGRESS_H_
#define ATOMSTREAM_SERVER_HEALTH_PIPELINE_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/mutex.h"

namespace atomstream {

class PipelineProgress {
 public:
  // The clock outlives the progress.
  explicit PipelineProgress(const Clock* steady_clock) : clock_(*steady_clock) {}

  // How many pieces of work are inside, those that wait at the door included.
  void SetWork(int64_t pieces);

  // Something was done.
  void Step();

  // Something that a thread works on, from its beginning to its end. A step of it is a step of the
  // whole, unless it is `aside`: work that frames do not wait for. Steps may come from any thread.
  class Piece {
   public:
    explicit Piece(PipelineProgress* progress, bool aside = false);
    ~Piece();
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;

    void Step();

   private:
    friend class PipelineProgress;
    PipelineProgress& progress_;
    const bool aside_;
    absl::Time last_step_;  // guarded by the progress's mutex
  };

  // How long nothing was done while there was work all the time, or for one of the pieces; zero:
  // there is none.
  absl::Duration Stalled() const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  bool has_work_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the last step, or of the work that came when there was none.
  absl::Time last_step_ ABSL_GUARDED_BY(mutex_);
  std::vector<const Piece*> pieces_ ABSL_GUARDED_BY(mutex_);  // a few: one a thread
};

// Runs what another executor runs and counts each task as a step of a piece. Both outlive it;
// thread-safe.
class SteppingExecutor final : public Executor {
 public:
  SteppingExecutor(Executor* executor, PipelineProgress::Piece* piece)
      : executor_(*executor), piece_(*piece) {}

  void ParallelFor(int count, const std::function<void(int)>& fn) override;
  int concurrency() const override { return executor_.concurrency(); }

 private:
  Executor& executor_;
  PipelineProgress::Piece& piece_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HEALTH_PIPELINE_PROGRESS_H_
