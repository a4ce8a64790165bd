// CallGuard: puts an CallGate in front of every method of a gRPC service, whatever the service
// does: Guard gives a service that is registered instead of it, has the same methods, asks the gate
// before a request is parsed, and only then hands the call on. A method that is added to a service
// is guarded without anybody thinking of it; one that the gate's table does not know is refused.
//
// It stands on grpc::internal, the layer that generated code stands on; nothing public lets a
// server refuse a callback call with error details (ADR on guarded calls).
//
// Every call has a request id: the caller's, if it sent one that keeps the rule, else one of ours.
// The answer's headers and the details of its errors tell it (CallLog).
//
// A stream whose caller loses the right to it is ended with PERMISSION_DENIED or UNAUTHENTICATED
// within a second or two (StreamWarden), and told and counted as such, though its reactor hears of
// a caller that has gone.
//
// Thread-safe; owned by the daemon; what it is given outlives the gRPC server, and so do the
// services.
#ifndef ATOMSTREAM_SERVER_SERVICE_CALL_GUARD_H_
#define ATOMSTREAM_SERVER_SERVICE_CALL_GUARD_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "server/log/event_log.h"
#include "server/metrics/call_metrics.h"
#include "server/metrics/security_metrics.h"
#include "server/security/active_callers.h"
#include "server/security/call_gate.h"
#include "server/security/stream_warden.h"
#include "server/service/call_log.h"
#include "server/service/request_ids.h"

struct grpc_call;

namespace grpc {
class AuthContext;
class AuthMetadataProcessor;
class ServerContextBase;
class Service;
}  // namespace grpc

namespace atomstream {

struct CallGuardParts {
  CallGate* gate = nullptr;
  ActiveCallers* callers = nullptr;
  RequestIds* request_ids = nullptr;
  const SecurityMetrics* metrics = nullptr;
  const CallMetrics* calls = nullptr;
  const Clock* steady_clock = nullptr;
  EventLog* log = nullptr;
};

class CallGuard {
 public:
  explicit CallGuard(const CallGuardParts& parts);

  // `service` is one of callback methods, unary or server streaming; `name`, e.g.
  // "atomstream.v1.Analysis", is that of its descriptor. Internal names what is not so.
  absl::StatusOr<std::unique_ptr<grpc::Service>> Guard(const std::string& name,
                                                       grpc::Service* service);

  // For the methods that are not services of ours: health checks need no role, everything else
  // (reflection) goes by the gate's table. Of an encrypted server only; without error details.
  std::shared_ptr<grpc::AuthMetadataProcessor> GuardOfForeignMethods();

  // What logs the calls and names them in their errors.
  CallLog* call_log() { return &call_log_; }

  // Of one call, for the guarded service: whether it may begin. `end` is to be called once when the
  // call is over, refused or not.
  grpc::Status Begin(const std::string& method, bool stream, int64_t request_bytes,
                     grpc::CallbackServerContext& context, grpc_call* call,
                     std::function<void()>* end);

 private:
  friend class ForeignMethods;

  // Counts a refusal.
  std::optional<CallRefusal> Ask(const CallFacts& facts, Caller* caller);
  std::string RequestIdFor(const grpc::CallbackServerContext& context);
  // Of what CallLog does not see.
  void Tell(absl::string_view what, absl::string_view from, const CallRefusal& refusal);

  const CallGuardParts parts_;
  CallLog call_log_;
  RealWait wait_;
  StreamWarden warden_;  // last: its thread uses what is above
};

// The wire form of a refusal: ErrorInfo and, where calling again helps, RetryInfo.
grpc::Status ToGrpcStatus(const CallRefusal& refusal);

// Of a verified peer; none: it showed no certificate.
std::optional<PeerCertificate> CertificateOf(const grpc::AuthContext& peer);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_CALL_GUARD_H_
