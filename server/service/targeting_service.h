// TargetingService: the gRPC face of targets and visits, callback API. Reactions only translate and
// hand over; none waits. Owned by the daemon; what it is given outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SERVICE_TARGETING_SERVICE_H_
#define ATOMSTREAM_SERVER_SERVICE_TARGETING_SERVICE_H_

#include "atomstream/v1/targeting.grpc.pb.h"
#include "core/base/clock.h"
#include "server/log/event_log.h"
#include "server/security/active_callers.h"
#include "server/targeting/targeting.h"

namespace atomstream {

class TargetingService final : public v1::Targeting::CallbackService {
 public:
  // `targeting` null: it is switched off, and every call says so. `log` may be null.
  TargetingService(Targeting* targeting, const ActiveCallers* callers, const Clock* clock,
                   const Clock* steady_clock, EventLog* log)
      : targeting_(targeting),
        callers_(*callers),
        clock_(*clock),
        steady_clock_(*steady_clock),
        log_(log) {}

  grpc::ServerUnaryReactor* SelectTargets(grpc::CallbackServerContext* context,
                                          const v1::SelectTargetsRequest* request,
                                          v1::SelectTargetsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchTargetsResponse>* WatchTargets(
      grpc::CallbackServerContext* context, const v1::WatchTargetsRequest* request) override;
  grpc::ServerUnaryReactor* VisitTarget(grpc::CallbackServerContext* context,
                                        const v1::VisitTargetRequest* request,
                                        v1::VisitTargetResponse* response) override;
  grpc::ServerUnaryReactor* ListVisits(grpc::CallbackServerContext* context,
                                       const v1::ListVisitsRequest* request,
                                       v1::ListVisitsResponse* response) override;

 private:
  Targeting* const targeting_;
  const ActiveCallers& callers_;
  const Clock& clock_;
  const Clock& steady_clock_;
  EventLog* const log_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_TARGETING_SERVICE_H_
