#include "client/agent/agent_loop.h"

#include <memory>
#include <optional>
#include <utility>

namespace atomstream {

AgentLoop::AgentLoop(const AgentLoopOptions& options, TargetingClient* client,
                     Interrupter* interrupter, const Clock* clock, AgentPlan* plan, Tell tell)
    : options_(options),
      client_(*client),
      interrupter_(*interrupter),
      clock_(*clock),
      plan_(*plan),
      tell_(std::move(tell)) {}

absl::Status AgentLoop::Run() {
  started_ = clock_.Now();
  v1::WatchTargetsRequest request;
  *request.mutable_criteria() = options_.criteria;
  const std::unique_ptr<TargetWatch> watch = client_.WatchTargets(request);
  absl::Status status;
  while (plan_.end() == AgentEnd::kRunning) {
    interrupter_.SetCancel([&watch] { watch->Cancel(); });
    const absl::StatusOr<v1::WatchTargetsResponse> update = watch->Next();
    interrupter_.SetCancel(nullptr);
    JudgeTime();
    if (!update.ok()) {
      // After an interruption this is our own Cancel.
      if (plan_.end() == AgentEnd::kRunning) status = update.status();
      plan_.Stop(AgentEnd::kDaemonLost);
      break;
    }
    interrupter_.Touch();
    plan_.OnUpdate(*update);
    TellNotes();
    // After a refusal the next; after a visit the next frame, which may show what it changed.
    bool refused = true;
    while (refused && interrupter_.cause() == Interrupter::Cause::kNone) {
      const std::optional<int64_t> target = plan_.Choose();
      if (!target) break;
      refused = Visit(*update, *target);
      TellNotes();
    }
    JudgeTime();
  }
  return status;
}

void AgentLoop::JudgeTime() {
  switch (interrupter_.cause()) {
    case Interrupter::Cause::kNone:
      break;
    case Interrupter::Cause::kSignal:
      return plan_.Stop(AgentEnd::kInterrupted);
    case Interrupter::Cause::kIdle:
      return plan_.Stop(AgentEnd::kTimeout);
  }
  if (clock_.Now() - started_ >= options_.max_time) plan_.Stop(AgentEnd::kTimeout);
}

bool AgentLoop::Visit(const v1::WatchTargetsResponse& update, int64_t target) {
  v1::VisitTargetRequest request;
  request.set_selection_id(update.selection_id());
  request.set_target_id(target);
  request.set_epoch(update.frame().position().epoch());
  request.set_holder(options_.holder);
  request.set_min_frames_sure(options_.min_frames_sure);
  absl::Duration rest;
  request.mutable_dwell_time()->set_seconds(
      absl::IDivDuration(options_.dwell, absl::Seconds(1), &rest));
  request.mutable_dwell_time()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  const std::unique_ptr<VisitCall> call =
      client_.VisitTarget(request, options_.dwell + options_.call_timeout);
  // A cancelled call ends the visit: the daemon blanks the beam.
  interrupter_.SetCancel([&call] { call->Cancel(); });
  const absl::StatusOr<v1::Visit> visit = call->Wait();
  interrupter_.SetCancel(nullptr);
  interrupter_.Touch();
  const int refused_before = plan_.account().refused;
  plan_.OnVisit(target, visit);
  return plan_.account().refused > refused_before;
}

void AgentLoop::TellNotes() {
  for (const std::string& note : plan_.TakeNotes()) tell_(note);
}

}  // namespace atomstream
