#include "server/targeting/visit_refusals.h"

namespace atomstream {

absl::string_view ReasonOf(const absl::Status& ledger) {
  switch (ledger.code()) {
    case absl::StatusCode::kAborted:
      return kSiteHeld;
    case absl::StatusCode::kAlreadyExists:
      return kSiteVisited;
    case absl::StatusCode::kResourceExhausted:
      return kDoseExhausted;
    case absl::StatusCode::kUnavailable:
      return kTargetingShutDown;
    case absl::StatusCode::kFailedPrecondition:
      return kEpochChanged;
    default:
      return kVisitInvalid;
  }
}

VisitOutcome OutcomeOf(const Refusal& refusal) {
  if (refusal.reason == kTargetWithdrawn) return VisitOutcome::kWithdrawn;
  if (refusal.reason == kEpochChanged) return VisitOutcome::kEpochChanged;
  return VisitOutcome::kAbandoned;
}

Refusal Cancelled(VisitOutcome outcome) {
  if (outcome == VisitOutcome::kShutdown) {
    return Refuse(absl::StatusCode::kUnavailable, kTargetingShutDown,
                  "the daemon is shutting down");
  }
  return Refuse(absl::StatusCode::kCancelled, kVisitCancelled, "the caller has gone");
}

}  // namespace atomstream
