#include "server/health/pipeline_progress.h"

#include <algorithm>

namespace atomstream {

void PipelineProgress::SetWork(int64_t pieces) {
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);
  if (!has_work_) last_step_ = now;
  has_work_ = pieces > 0;
}

void PipelineProgress::Step() {
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);
  last_step_ = now;
}

absl::Duration PipelineProgress::Stalled() const {
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);
  // A step may have ended since `now`.
  return has_work_ ? std::max(absl::ZeroDuration(), now - last_step_) : absl::ZeroDuration();
}

void SteppingExecutor::ParallelFor(int count, const std::function<void(int)>& fn) {
  executor_.ParallelFor(count, [&](int i) {
    fn(i);
    progress_.Step();
  });
}

}  // namespace atomstream
