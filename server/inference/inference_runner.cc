#include "server/inference/inference_runner.h"

#include <cassert>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "server/metrics/queue_age.h"

namespace atomstream {
namespace {

double KnownOrNan(int64_t bytes) {
  return bytes > 0 ? static_cast<double>(bytes) : std::numeric_limits<double>::quiet_NaN();
}

void ShowMemory(const SegmentationMemory& memory, const UnetMetrics& metrics) {
  metrics.peak_bytes->Set(KnownOrNan(memory.peak_bytes));
  metrics.allocated_bytes->Set(KnownOrNan(memory.allocated_bytes));
  metrics.reserved_bytes->Set(KnownOrNan(memory.reserved_bytes));
}

}  // namespace

InferenceRunner::InferenceRunner(int submit_queue, InferenceDependencies dependencies)
    : deps_(std::move(dependencies)), places_(submit_queue) {
  assert(submit_queue >= 1);
}

InferenceRunner::~InferenceRunner() {
  Abandon();
  if (thread_.joinable()) thread_.join();
}

void InferenceRunner::Start() {
  thread_ = std::thread([this] { Run(); });
}

bool InferenceRunner::TryRun(std::shared_ptr<const Frame> frame, int64_t live_index, Done done) {
  const absl::Time now = deps_.steady_clock->Now();
  MutexLock lock(&mutex_);
  if (closed_ || !IdleLocked() || live_index <= newest_live_index_) {
    deps_.metrics->unet.skipped_busy->Increment();
    return false;
  }
  newest_live_index_ = live_index;
  jobs_.push_back({std::move(frame), nullptr, nullptr, now, std::move(done)});
  ShowDepth();
  changed_.NotifyAll();
  return true;
}

void InferenceRunner::Enqueue(std::shared_ptr<const Frame> frame,
                              std::shared_ptr<const Submission> submission, InferencePlace place,
                              Done done) {
  assert(place != nullptr);
  Job job{std::move(frame), std::move(submission), std::move(place), deps_.steady_clock->Now(),
          std::move(done)};
  {
    MutexLock lock(&mutex_);
    if (!abandoned_) {
      jobs_.push_back(std::move(job));
      ShowDepth();
      changed_.NotifyAll();
      return;
    }
  }
  GiveUp(std::move(job), absl::UnavailableError("the daemon is shutting down"), "shutdown");
}

void InferenceRunner::DropCancelled() {
  std::vector<Job> cancelled;
  {
    MutexLock lock(&mutex_);
    std::deque<Job> kept;
    for (Job& job : jobs_) {
      const bool drop = job.submission != nullptr && job.submission->cancelled();
      if (drop) {
        cancelled.push_back(std::move(job));
      } else {
        kept.push_back(std::move(job));
      }
    }
    jobs_ = std::move(kept);
    ShowDepth();
    changed_.NotifyAll();
  }
  for (Job& job : cancelled) {
    GiveUp(std::move(job), absl::CancelledError("the caller has gone"), "cancelled");
  }
}

bool InferenceRunner::Shutdown(absl::Time deadline) {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    while (!IdleLocked() && !changed_.WaitUntil(&mutex_, deadline)) {
    }
  }
  Abandon();
  {
    MutexLock lock(&mutex_);
    if (working_) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void InferenceRunner::Abandon() {
  std::deque<Job> dropped;
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    abandoned_ = true;
    dropped.swap(jobs_);
    ShowDepth();
    changed_.NotifyAll();
  }
  for (Job& job : dropped) {
    GiveUp(std::move(job), absl::UnavailableError("the daemon is shutting down"), "shutdown");
  }
}

void InferenceRunner::GiveUp(Job job, absl::Status why, const std::string& reason) const {
  Counter* counter =
      reason == "cancelled" ? deps_.metrics->unet.cancelled : deps_.metrics->unet.shutdown;
  counter->Increment();
  job.place.reset();
  job.done({std::move(why), reason});
}

void InferenceRunner::Run() {
  if (deps_.lower_priority) deps_.lower_priority();
  while (std::optional<Job> job = NextJob()) {
    if (job->submission != nullptr && job->submission->cancelled()) {
      GiveUp(*std::move(job), absl::CancelledError("the caller has gone"), "cancelled");
    } else {
      Work(*std::move(job));
    }
    job.reset();  // the frame is freed before the next one is waited for
    if (deps_.progress != nullptr) deps_.progress->Step();
    MutexLock lock(&mutex_);
    working_ = false;
    ShowDepth();
    changed_.NotifyAll();
  }
}

std::optional<InferenceRunner::Job> InferenceRunner::NextJob() {
  MutexLock lock(&mutex_);
  while (jobs_.empty() && !abandoned_) changed_.Wait(&mutex_);
  if (abandoned_) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  working_ = true;
  ShowDepth();
  return job;
}

void InferenceRunner::Work(Job job) {
  job.place.reset();  // its turn has come: another may wait
  deps_.metrics->unet.ObserveStage("wait", deps_.steady_clock->Now() - job.offer_time);
  // The model is let go before the result is handed on: who has seen the last result of a model
  // that was replaced knows that it is free.
  absl::StatusOr<UnetResult> result = CatchToStatus("unet", [&]() -> absl::StatusOr<UnetResult> {
    const UnetModel model = deps_.model->Get();
    return model.detector->Detect(*job.frame, *model.segmenter);
  });
  Count(result);
  job.done({std::move(result), ""});
}

void InferenceRunner::Count(const absl::StatusOr<UnetResult>& result) const {
  const UnetMetrics& metrics = deps_.metrics->unet;
  if (!result.ok()) {
    (absl::IsDataLoss(result.status()) ? metrics.non_finite : metrics.failed)->Increment();
    return;
  }
  metrics.done->Increment();
  metrics.tiles->Increment(result->tiles);
  for (const int tiles : result->batches) metrics.batch_tiles->Observe(tiles);
  ShowMemory(result->memory, metrics);
  metrics.mean_variance->Set(result->mean_variance);
  for (const StageTime& stage : StagesOf(result->timings)) {
    metrics.ObserveStage(stage.stage, stage.duration);
  }
  metrics.ObserveStage("inference", result->timings.total);
}

void InferenceRunner::ShowAge() const {
  MutexLock lock(&mutex_);
  deps_.metrics->queue_ages.unet->Set(QueueAgeSeconds(
      jobs_.empty() ? kEmptyQueue : jobs_.front().offer_time, deps_.steady_clock->Now()));
}

void InferenceRunner::ShowDepth() {
  deps_.metrics->unet_waiting->Set(static_cast<double>(jobs_.size()));
  if (deps_.progress != nullptr) {
    deps_.progress->SetWork(static_cast<int64_t>(jobs_.size()) + (working_ ? 1 : 0));
  }
}

}  // namespace atomstream
