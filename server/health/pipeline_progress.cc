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

PipelineProgress::Piece::Piece(PipelineProgress* progress, bool aside)
    : progress_(*progress), aside_(aside), last_step_(progress->clock_.Now()) {
  MutexLock lock(&progress_.mutex_);
  progress_.pieces_.push_back(this);
}

PipelineProgress::Piece::~Piece() {
  Step();
  MutexLock lock(&progress_.mutex_);
  std::vector<const Piece*>& pieces = progress_.pieces_;
  pieces.erase(std::find(pieces.begin(), pieces.end(), this));
}

void PipelineProgress::Piece::Step() {
  const absl::Time now = progress_.clock_.Now();
  MutexLock lock(&progress_.mutex_);
  last_step_ = now;
  if (!aside_) progress_.last_step_ = now;
}

absl::Duration PipelineProgress::Stalled() const {
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);
  absl::Time oldest = has_work_ ? last_step_ : now;
  for (const Piece* piece : pieces_) oldest = std::min(oldest, piece->last_step_);
  // A step may have ended since `now`.
  return std::max(absl::ZeroDuration(), now - oldest);
}

void SteppingExecutor::ParallelFor(int count, const std::function<void(int)>& fn) {
  executor_.ParallelFor(count, [&](int i) {
    fn(i);
    piece_.Step();
  });
}

}  // namespace atomstream
