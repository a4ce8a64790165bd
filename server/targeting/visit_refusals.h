// What a visit that is refused or ended is told: the reasons of the VisitDesk. Pure functions.
#ifndef ATOMSTREAM_SERVER_TARGETING_VISIT_REFUSALS_H_
#define ATOMSTREAM_SERVER_TARGETING_VISIT_REFUSALS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/target/visit_ledger.h"
#include "server/targeting/refusal.h"

namespace atomstream {

// Of what the ledger said.
absl::string_view ReasonOf(const absl::Status& ledger);

// Of a visit whose target cannot be visited any more.
VisitOutcome OutcomeOf(const Refusal& refusal);

// Of one that ends so: the caller has gone, or the daemon shuts down.
Refusal Cancelled(VisitOutcome outcome);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_VISIT_REFUSALS_H_
