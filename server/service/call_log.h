// CallLog: sees every call of ours end. An error gets the call's request id
// (google.rpc.RequestInfo) and, unless it is a stream's end because its reader or the daemon went
// away, a line in the log: which method, code, reason, who, from where, how long. Calls that
// succeed are told by metrics alone.
//
// It stands between gRPC and the services as an interceptor, so that no service can forget it, and
// errors of the guard in front of them come by, too. Calls of services that are not ours (health,
// reflection) have no request id and pass.
//
// Thread-safe; owned by the guard, outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SERVICE_CALL_LOG_H_
#define ATOMSTREAM_SERVER_SERVICE_CALL_LOG_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "core/base/clock.h"
#include "server/log/event_log.h"
#include "server/metrics/call_metrics.h"
#include "server/security/active_callers.h"

namespace grpc {
class Status;
namespace experimental {
class ServerInterceptorFactoryInterface;
}  // namespace experimental
}  // namespace grpc

namespace atomstream {

class CallLog {
 public:
  // All outlive the log.
  CallLog(const ActiveCallers* callers, const CallMetrics* metrics, const Clock* steady_clock,
          EventLog* log)
      : callers_(*callers), metrics_(*metrics), steady_clock_(*steady_clock), log_(*log) {}

  // To be given to a gRPC server.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> Interceptors();

  // The call of this context is about to end with `status`, or by the refusal that ActiveCallers
  // knows if its reactor believes that the caller has gone: counts it, and returns what goes on the
  // wire. `method` as "/package.Service/Method".
  grpc::Status OnEnd(const void* context, absl::string_view method, bool stream,
                     const grpc::Status& status);

 private:
  grpc::Status Ended(const ActiveCall& call, absl::string_view method, bool stream,
                     const grpc::Status& status);
  void Tell(const ActiveCall& call, absl::string_view method, const grpc::Status& status,
            absl::string_view reason);

  const ActiveCallers& callers_;
  const CallMetrics& metrics_;
  const Clock& steady_clock_;
  EventLog& log_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_CALL_LOG_H_
