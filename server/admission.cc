#include "server/admission.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/metrics/queue_age.h"

namespace atomstream {

Admission::Admission(const AdmissionOptions& options, const Clock* clock, DaemonMetrics* metrics,
                     PipelineProgress* progress)
    : options_(options), clock_(clock), metrics_(metrics), progress_(progress) {
  assert(options.frames_in_flight >= 1 && options.submit_queue >= 1);
}

void Admission::OfferLive(std::shared_ptr<const Frame> frame) {
  std::optional<Waiting> replaced;  // freed after the lock
  const absl::Time now = clock_->Now();
  metrics_->frames_received_source->Increment();
  MutexLock lock(&mutex_);
  if (options_.live_frames_wait) {
    while (live_ && !closed_) changed_.Wait(&mutex_);
  }
  if (closed_) {
    metrics_->frames_dropped.shutdown->Increment();
    return;
  }
  if (live_) {
    metrics_->frames_dropped.overtaken->Increment();
    ++live_dropped_;
    replaced = std::move(live_);
  }
  live_ = Waiting{std::move(frame), now, nullptr, nullptr};
  ShowDepths();
  changed_.NotifyAll();
}

absl::Status Admission::Submit(std::shared_ptr<const Frame> frame,
                               std::shared_ptr<Submission> submission, InferencePlace unet_place) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(RoomForSubmission());
  metrics_->frames_received_analyze->Increment();
  submissions_.push_back(
      {std::move(frame), clock_->Now(), std::move(submission), std::move(unet_place)});
  ShowDepths();
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status Admission::CheckRoom() {
  MutexLock lock(&mutex_);
  return RoomForSubmission();
}

absl::Status Admission::RoomForSubmission() {
  if (closed_) return absl::UnavailableError("the daemon is shutting down");
  if (static_cast<int>(submissions_.size()) < options_.submit_queue) return absl::OkStatus();
  metrics_->submissions_refused->Increment();
  return absl::ResourceExhaustedError(
      absl::StrCat("submit_queue = ", options_.submit_queue, ": as many frames wait already"));
}

void Admission::DropCancelled() {
  std::deque<Waiting> cancelled;
  {
    MutexLock lock(&mutex_);
    cancelled = RemoveCancelled();
    ShowDepths();
    changed_.NotifyAll();
  }
  FinishAll(cancelled, absl::CancelledError());
}

bool Admission::LiveMayEnter() const { return live_ && InFlight() < options_.frames_in_flight; }

bool Admission::SubmissionMayEnter() const {
  // With a single place both kinds take turns on it; with more, one stays free for live frames.
  const bool keep_one = options_.live_source && options_.frames_in_flight > 1;
  return !submissions_.empty() && InFlight() < options_.frames_in_flight &&
         submissions_in_flight_ < options_.frames_in_flight - (keep_one ? 1 : 0);
}

AdmittedFrame Admission::AdmitLive() {
  AdmittedFrame admitted;
  admitted.frame = std::move(live_->frame);
  admitted.origin = FrameOrigin::kSource;
  admitted.arrival_time = live_->arrival_time;
  admitted.live_index = next_live_index_++;
  admitted.frames_dropped_before = std::exchange(live_dropped_, 0);
  live_.reset();
  ++live_in_flight_;
  live_had_last_turn_ = true;
  return admitted;
}

AdmittedFrame Admission::AdmitSubmission() {
  Waiting waiting = std::move(submissions_.front());
  submissions_.pop_front();
  ++submissions_in_flight_;
  live_had_last_turn_ = false;
  AdmittedFrame admitted;
  admitted.frame = std::move(waiting.frame);
  admitted.origin = FrameOrigin::kAnalyze;
  admitted.arrival_time = waiting.arrival_time;
  admitted.submission = std::move(waiting.submission);
  admitted.unet_place = std::move(waiting.unet_place);
  return admitted;
}

std::optional<AdmittedFrame> Admission::Take() {
  MutexLock lock(&mutex_);
  while (!LiveMayEnter() && !SubmissionMayEnter()) {
    if (closed_ && !live_ && submissions_.empty()) return std::nullopt;
    changed_.Wait(&mutex_);
  }
  const bool turn_of_submission = !LiveMayEnter() || live_had_last_turn_;
  AdmittedFrame admitted =
      SubmissionMayEnter() && turn_of_submission ? AdmitSubmission() : AdmitLive();
  admitted.admission_time = clock_->Now();
  ShowDepths();
  changed_.NotifyAll();
  return admitted;
}

void Admission::FinishAll(const std::deque<Waiting>& submissions, const absl::Status& why) {
  for (const Waiting& waiting : submissions) waiting.submission->Finish(why);
}

std::deque<Admission::Waiting> Admission::RemoveCancelled() {
  std::deque<Waiting> removed;
  std::deque<Waiting> kept;
  for (Waiting& waiting : submissions_) {
    (waiting.submission->cancelled() ? removed : kept).push_back(std::move(waiting));
  }
  submissions_ = std::move(kept);
  metrics_->frames_dropped.cancelled->Increment(static_cast<int64_t>(removed.size()));
  return removed;
}

void Admission::Release(FrameOrigin origin) {
  MutexLock lock(&mutex_);
  int& in_flight = origin == FrameOrigin::kSource ? live_in_flight_ : submissions_in_flight_;
  assert(in_flight > 0);
  --in_flight;
  if (progress_ != nullptr) progress_->Step();
  ShowDepths();
  changed_.NotifyAll();
}

void Admission::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  changed_.NotifyAll();
}

bool Admission::WaitUntilEmpty(absl::Time deadline) {
  MutexLock lock(&mutex_);
  while (InFlight() > 0 || live_ || !submissions_.empty()) {
    if (changed_.WaitUntil(&mutex_, deadline)) {
      return InFlight() == 0 && !live_ && submissions_.empty();
    }
  }
  return true;
}

void Admission::Abandon() {
  std::deque<Waiting> dropped;
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    dropped.swap(submissions_);
    metrics_->frames_dropped.shutdown->Increment(static_cast<int64_t>(dropped.size()) +
                                                 (live_ ? 1 : 0));
    live_.reset();
    ShowDepths();
    changed_.NotifyAll();
  }
  FinishAll(dropped, absl::UnavailableError("the daemon is shutting down"));
}

int Admission::frames_in_flight() const {
  MutexLock lock(&mutex_);
  return InFlight();
}

void Admission::ShowAges() const {
  MutexLock lock(&mutex_);
  const absl::Time now = clock_->Now();
  metrics_->queue_ages.live->Set(QueueAgeSeconds(live_ ? live_->arrival_time : kEmptyQueue, now));
  metrics_->queue_ages.analyze->Set(
      QueueAgeSeconds(submissions_.empty() ? kEmptyQueue : submissions_.front().arrival_time, now));
}

void Admission::ShowDepths() {
  metrics_->live_frame_waiting->Set(live_ ? 1 : 0);
  metrics_->submissions_waiting->Set(static_cast<double>(submissions_.size()));
  metrics_->frames_in_flight->Set(InFlight());
  if (progress_ != nullptr) {
    progress_->SetWork(InFlight() + (live_ ? 1 : 0) + static_cast<int64_t>(submissions_.size()));
  }
}

}  // namespace atomstream
