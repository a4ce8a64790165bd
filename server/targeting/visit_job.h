// VisitJob: an accepted visit, from VisitDesk::Submit until it has ended. The desk's own; others
// hold it only to cancel it.
#ifndef ATOMSTREAM_SERVER_TARGETING_VISIT_JOB_H_
#define ATOMSTREAM_SERVER_TARGETING_VISIT_JOB_H_

#include <optional>
#include <stop_token>
#include <utility>

#include "absl/time/time.h"
#include "core/target/visit_ledger.h"
#include "server/targeting/visit_desk.h"

namespace atomstream {

class VisitJob {
 public:
  VisitJob(VisitRequest request_in, VisitDesk::Done done_in, VisitLease lease_in,
           absl::Time accept_time_in)
      : request(std::move(request_in)),
        done(std::move(done_in)),
        accept_time(accept_time_in),
        lease(std::move(lease_in)) {}

  const VisitRequest request;
  const VisitDesk::Done done;
  const absl::Time accept_time;         // on the steady clock
  VisitLease lease;                     // of whoever took the job out of the queue
  std::stop_source stop;                // requested: `outcome` says why
  std::optional<VisitOutcome> outcome;  // guarded by the desk's lock
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_VISIT_JOB_H_
