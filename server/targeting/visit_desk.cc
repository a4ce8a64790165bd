#include "server/targeting/visit_desk.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/metrics/queue_age.h"
#include "server/targeting/visit_job.h"
#include "server/targeting/visit_refusals.h"

namespace atomstream {
namespace {

// Longer than the dwell that the microscope may take to answer.
constexpr absl::Duration kPlaceMargin = absl::Seconds(2);
constexpr size_t kLongestHolder = 64;

}  // namespace

VisitDesk::VisitDesk(const TargetingOptions& options, VisitDeskDependencies dependencies)
    : deps_(dependencies), options_(options) {
  if (deps_.beam != nullptr) guard_.emplace(deps_.beam, deps_.wait, deps_.metrics, deps_.log);
}

VisitDesk::~VisitDesk() { Shutdown(); }

void VisitDesk::Start() {
  if (guard_) thread_ = std::thread([this] { Run(); });
}

void VisitDesk::SetOptions(const TargetingOptions& options) {
  MutexLock lock(&mutex_);
  options_ = options;
  deps_.ledger->SetOptions(options.ledger);
}

TargetingOptions VisitDesk::options() const {
  MutexLock lock(&mutex_);
  return options_;
}

Refusal VisitDesk::CheckRequest(const VisitRequest& request) const {
  const auto bad = [](std::string message) {
    return Refuse(absl::StatusCode::kInvalidArgument, kVisitInvalid, std::move(message));
  };
  if ((request.holder.empty() && request.authenticated.empty()) ||
      request.holder.size() > kLongestHolder) {
    return bad(absl::StrCat("holder: has ", request.holder.size(), " characters, must have 1 to ",
                            kLongestHolder));
  }
  // It is printed on terminals, a line a visit.
  if (std::any_of(request.holder.begin(), request.holder.end(), absl::ascii_iscntrl)) {
    return bad("holder: has a control character");
  }
  if (request.target_id <= 0) {
    return bad(absl::StrCat("target_id = ", request.target_id, ": must be positive"));
  }
  const absl::Duration max_dwell = options().ledger.max_dwell;
  if (request.dwell <= absl::ZeroDuration() || request.dwell > max_dwell) {
    return bad(absl::StrCat("dwell_time = ", absl::FormatDuration(request.dwell),
                            ": must be positive and at most ", absl::FormatDuration(max_dwell)));
  }
  if (request.min_frames_sure < 1 || request.min_frames_sure > 1000) {
    return bad(absl::StrCat("min_frames_sure = ", request.min_frames_sure,
                            ": must be in [0, 1000], where 0 is 2"));
  }
  return {};
}

Answer<ScanPoint> VisitDesk::FindPlace(const VisitRequest& request) const {
  const Answer<Sighting> found =
      deps_.scene->Find(request.selection_id, request.epoch, request.target_id);
  if (!found.ok()) return found.refusal;
  const auto refuse = [&](absl::string_view reason, const std::string& why) {
    return Refuse(absl::StatusCode::kFailedPrecondition, reason,
                  absl::StrCat("target_id = ", request.target_id, ": ", why));
  };
  const Target& target = found.value->target;
  const SceneFrame& scene = found.value->scene;
  // First: where no frames come, waiting for one makes no target surer.
  const absl::Duration age = AgeOf(scene, deps_.clock->Now(), deps_.steady_clock->Now());
  const double periods = PeriodsSince(scene, age);
  const TargetingOptions limits = options();
  if (age > limits.max_target_age || periods > limits.max_target_age_frames) {
    return refuse(
        kFrameTooOld,
        absl::StrFormat("the newest frame, %s, is %s old (%.1f frames), may be %s and "
                        "%.1f frames",
                        scene.frame.frame_id,
                        absl::FormatDuration(absl::Trunc(age, absl::Milliseconds(1))), periods,
                        absl::FormatDuration(limits.max_target_age), limits.max_target_age_frames));
  }
  if (target.frames_doubtful > 0) {
    return refuse(kTargetDoubtful, absl::StrCat("was not seen to meet the criteria in the last ",
                                                target.frames_doubtful, " frames"));
  }
  if (target.frames_sure < request.min_frames_sure) {
    return refuse(kTargetDoubtful, absl::StrCat("was seen to meet the criteria in ",
                                                target.frames_sure, " of min_frames_sure = ",
                                                request.min_frames_sure, " frames in a row"));
  }
  TrackedSite now = target.where;
  now.x_px += periods * target.drift_x_px;
  now.y_px += periods * target.drift_y_px;
  const ScanPoint place = ScanFraction(now, scene.frame);
  if (!(place.x_fraction >= 0 && place.x_fraction <= 1 && place.y_fraction >= 0 &&
        place.y_fraction <= 1)) {
    return refuse(kTargetOutsideFrame, "has drifted out of the frame by now");
  }
  return place;
}

Refusal VisitDesk::CheckRoom() const {
  if (stopping_) return Cancelled(VisitOutcome::kShutdown);
  if (guard_->failing()) {
    return Refuse(absl::StatusCode::kUnavailable, kBeamNotBlanked,
                  "the beam could not be blanked; no visits until it is");
  }
  if (static_cast<int>(waiting_.size()) >= options_.visit_queue) {
    return Refuse(absl::StatusCode::kResourceExhausted, kVisitQueueFull,
                  absl::StrCat("visit_queue = ", options_.visit_queue,
                               ": as many visits wait for the beam already"));
  }
  return {};
}

Answer<std::shared_ptr<VisitJob>> VisitDesk::Submit(const VisitRequest& request, Done done) {
  const auto accept = [&]() -> Answer<JobPtr> {
    if (!guard_) {
      return Refuse(absl::StatusCode::kUnavailable, kNoMicroscope,
                    "no microscope: frames come from a replay or from nowhere");
    }
    if (Refusal bad = CheckRequest(request); !bad.ok()) return bad;
    {
      MutexLock lock(&mutex_);
      if (Refusal full = CheckRoom(); !full.ok()) return full;
    }
    const Answer<ScanPoint> place = FindPlace(request);
    if (!place.ok()) return place.refusal;
    MutexLock lock(&mutex_);
    if (Refusal full = CheckRoom(); !full.ok()) return full;
    auto lease = deps_.ledger->Acquire({.epoch = request.epoch,
                                        .site = request.target_id,
                                        .holder = ShownName(request.authenticated, request.holder),
                                        .dose = absl::ToDoubleSeconds(request.dwell),
                                        .dwell = request.dwell,
                                        .lease = options_.ledger.max_lease,
                                        .allow_revisit = request.allow_revisit});
    if (!lease.ok()) return Refuse(lease.status(), ReasonOf(lease.status()));
    auto job = std::make_shared<VisitJob>(request, std::move(done), *std::move(lease),
                                          deps_.steady_clock->Now());
    waiting_.push_back(job);
    deps_.metrics->visits_waiting->Set(static_cast<double>(waiting_.size()));
    changed_.NotifyAll();
    return job;
  };
  Answer<JobPtr> accepted = accept();
  if (!accepted.ok()) deps_.metrics->visits_refused->Increment();
  return accepted;
}

bool VisitDesk::Withdraw(const VisitJob& job) {
  MutexLock lock(&mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const JobPtr& waiting) { return waiting.get() == &job; });
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  deps_.metrics->visits_waiting->Set(static_cast<double>(waiting_.size()));
  return true;
}

void VisitDesk::Cancel(VisitJob& job) {
  if (Withdraw(job)) {
    End(job, VisitOutcome::kCancelled, 0, Cancelled(VisitOutcome::kCancelled));
    return;
  }
  {
    MutexLock lock(&mutex_);
    if (!job.outcome) job.outcome = VisitOutcome::kCancelled;
  }
  job.stop.request_stop();  // without the lock: it calls back
}

void VisitDesk::Recheck() {
  std::vector<JobPtr> waiting;
  {
    MutexLock lock(&mutex_);
    waiting.assign(waiting_.begin(), waiting_.end());
  }
  for (const JobPtr& job : waiting) {
    const VisitRequest& request = job->request;
    const Answer<Sighting> found =
        deps_.scene->Find(request.selection_id, request.epoch, request.target_id);
    const bool gone = !found.ok() && (found.refusal.reason == kTargetWithdrawn ||
                                      found.refusal.reason == kEpochChanged);
    // What is only doubtful may be sure again when its turn comes.
    if (gone && Withdraw(*job)) End(*job, OutcomeOf(found.refusal), 0, found.refusal);
  }
}

void VisitDesk::Run() {
  while (const JobPtr job = Next()) {
    Carry(*job);
    {
      MutexLock lock(&mutex_);
      running_ = nullptr;
    }
    if (!guard_->safe()) KeepBlanking();
  }
  // Blanked it is, or should be; a daemon that goes leaves no doubt.
  if (guard_->placed()) {
    const absl::Status blanked = guard_->Blank(kLastBlankAttempts);
    deps_.audit->Record({"atomstreamd", "blank",
                         blanked.ok() ? "at shutdown" : "at shutdown: FAILED, the beam may be on"});
  }
}

VisitDesk::JobPtr VisitDesk::Next() {
  MutexLock lock(&mutex_);
  while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
  if (stopping_) return nullptr;
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  deps_.metrics->visits_waiting->Set(static_cast<double>(waiting_.size()));
  return running_;
}

void VisitDesk::KeepBlanking() {
  EndAllWaiting(VisitOutcome::kAbandoned,
                Refuse(absl::StatusCode::kUnavailable, kBeamNotBlanked,
                       "the beam could not be blanked after the visit before"));
  const auto stopping = [this] {
    MutexLock lock(&mutex_);
    return stopping_;
  };
  while (!stopping()) {
    deps_.wait->WaitFor(guard_->NextWait());
    if (guard_->Blank(1).ok()) return;
  }
}

void VisitDesk::Carry(VisitJob& job) {
  const Answer<ScanPoint> place = FindPlace(job.request);
  std::optional<VisitOutcome> cancelled;
  {
    MutexLock lock(&mutex_);
    cancelled = job.outcome;
  }
  if (cancelled) {
    End(job, *cancelled, 0, Cancelled(*cancelled));
    return;
  }
  if (!place.ok()) {
    End(job, OutcomeOf(place.refusal), 0, place.refusal);
    return;
  }
  const absl::Status exposed = job.lease.Expose(place.value->x_fraction, place.value->y_fraction);
  // The limits may have been lowered while it waited.
  if (absl::IsResourceExhausted(exposed) || absl::IsInvalidArgument(exposed)) {
    End(job, VisitOutcome::kAbandoned, 0, Refuse(exposed, ReasonOf(exposed)));
    return;
  }
  if (!exposed.ok()) {
    End(job, VisitOutcome::kExpired, 0,
        Refuse(absl::StatusCode::kDeadlineExceeded, kVisitExpired,
               absl::StrCat("the visit waited too long: ", exposed.message())));
    return;
  }
  Expose(job, *place.value);
}

void VisitDesk::Expose(VisitJob& job, const ScanPoint& place) {
  const VisitRequest& request = job.request;
  const std::string& who = request.caller.empty() ? request.holder : request.caller;
  deps_.audit->Record({who, "place",
                       absl::StrFormat("target %d of epoch %s at (%.6f, %.6f) of the scan for %s",
                                       request.target_id, request.epoch, place.x_fraction,
                                       place.y_fraction, absl::FormatDuration(request.dwell)),
                       request.request_id});
  const absl::Time begin = deps_.steady_clock->Now();
  const absl::Status placed =
      guard_->Place(place, request.dwell, request.dwell + kPlaceMargin, job.stop.get_token());
  // One more time where the microscope says that it has blanked it.
  const bool refused = guard_->safe();
  const absl::Status blanked = refused ? absl::OkStatus() : guard_->Blank();
  const absl::Duration on = deps_.steady_clock->Now() - begin;
  if (!refused) {
    deps_.audit->Record({who, "blank",
                         blanked.ok()
                             ? absl::StrCat("after target ", request.target_id)
                             : absl::StrCat("after target ", request.target_id,
                                            ": FAILED, the beam may be on: ", blanked.ToString()),
                         request.request_id});
  }

  // The beam was on for no longer than it took to place and blank it, nor than was asked for; where
  // it was not blanked nobody knows.
  const double planned = absl::ToDoubleSeconds(request.dwell);
  double dose = planned;
  if (refused) dose = 0;
  if (!refused && !placed.ok() && blanked.ok()) {
    dose = std::min(planned, absl::ToDoubleSeconds(on));
  }
  std::optional<VisitOutcome> cancelled;
  {
    MutexLock lock(&mutex_);
    cancelled = job.outcome;
  }
  VisitOutcome outcome = VisitOutcome::kCompleted;
  Refusal refusal;
  if (!placed.ok()) {
    outcome = absl::IsDeadlineExceeded(placed) ? VisitOutcome::kExpired : VisitOutcome::kFailed;
    refusal = Refuse(absl::StatusCode::kUnavailable, kBeamFailed,
                     absl::StrCat("the microscope: ", placed.ToString(),
                                  blanked.ok() ? "; the beam is blanked now" : ""));
    if (cancelled) {
      outcome = *cancelled;
      refusal = Cancelled(*cancelled);
    }
  }
  if (!blanked.ok()) {
    refusal =
        Refuse(absl::StatusCode::kUnavailable, kBeamNotBlanked,
               absl::StrCat("the beam could not be blanked and may be on: ", blanked.ToString()));
  }
  End(job, outcome, dose, std::move(refusal));
}

void VisitDesk::End(VisitJob& job, VisitOutcome outcome, double dose, Refusal refusal) {
  const int64_t lease = job.lease.id();
  // An error says that the ledger had ended it; its entry stands and is what is reported.
  job.lease.Finish(outcome, dose, refusal.message).IgnoreError();
  VisitReport report{.refusal = std::move(refusal), .visit = deps_.ledger->FindVisit(lease)};
  const VisitOutcome ended = report.visit ? report.visit->outcome : outcome;
  if (report.refusal.ok() && ended != VisitOutcome::kCompleted) {
    report.refusal = Refuse(absl::StatusCode::kDeadlineExceeded, kVisitExpired,
                            "the visit took longer than its lease");
  }
  deps_.metrics->visits[static_cast<size_t>(ended)]->Increment();
  const LedgerTotals totals = deps_.ledger->Totals();
  deps_.metrics->dose->Set(totals.dose);
  deps_.metrics->dose_reserved->Set(totals.reserved);
  job.done(report);
}

void VisitDesk::EndAllWaiting(VisitOutcome outcome, const Refusal& refusal) {
  std::deque<JobPtr> waiting;
  {
    MutexLock lock(&mutex_);
    waiting.swap(waiting_);
    deps_.metrics->visits_waiting->Set(0);
  }
  for (const JobPtr& job : waiting) End(*job, outcome, 0, refusal);
}

void VisitDesk::ShowAge() const {
  MutexLock lock(&mutex_);
  deps_.metrics->visits_age->Set(QueueAgeSeconds(
      waiting_.empty() ? kEmptyQueue : waiting_.front()->accept_time, deps_.steady_clock->Now()));
}

bool VisitDesk::Shutdown() {
  JobPtr running;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    running = running_;
    if (running != nullptr && !running->outcome) running->outcome = VisitOutcome::kShutdown;
    changed_.NotifyAll();
  }
  if (running != nullptr) running->stop.request_stop();
  if (deps_.wait != nullptr) deps_.wait->Interrupt();
  EndAllWaiting(VisitOutcome::kShutdown, Cancelled(VisitOutcome::kShutdown));
  if (thread_.joinable()) thread_.join();
  return beam_safe();
}

}  // namespace atomstream
