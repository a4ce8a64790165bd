#include "server/service/call_log.h"

#include <grpcpp/support/server_interceptor.h>
#include <grpcpp/support/status.h>

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/service/call_guard.h"
#include "server/service/error.h"

namespace atomstream {
namespace {

using grpc::experimental::InterceptionHookPoints;

class CallInterceptor final : public grpc::experimental::Interceptor {
 public:
  CallInterceptor(CallLog* log, grpc::experimental::ServerRpcInfo* info)
      : log_(*log), info_(*info) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = methods->GetSendStatus();
      const bool stream = info_.type() == grpc::experimental::ServerRpcInfo::Type::SERVER_STREAMING;
      const grpc::Status told = log_.OnEnd(info_.server_context(), info_.method(), stream, status);
      if (!status.ok()) methods->ModifySendStatus(told);
    }
    methods->Proceed();
  }

 private:
  CallLog& log_;
  grpc::experimental::ServerRpcInfo& info_;  // outlives this
};

class CallInterceptors final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallInterceptors(CallLog* log) : log_(log) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new CallInterceptor(log_, info);
  }

 private:
  CallLog* const log_;
};

// Of a call that went wrong by itself, or by what it asked for; the rest is for the operator.
bool IsCallersAffair(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
      return true;
    default:
      return false;
  }
}

std::string CodeName(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  return details;
}

std::string ReasonOf(const google::rpc::Status& details) {
  google::rpc::ErrorInfo info;
  for (const google::protobuf::Any& detail : details.details()) {
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallLog::Interceptors() {
  return std::make_unique<CallInterceptors>(this);
}

grpc::Status CallLog::OnEnd(const void* context, absl::string_view method, bool stream,
                            const grpc::Status& status) {
  const ActiveCall call = status.ok() ? ActiveCall() : callers_.Get(context);
  // Who was ended from outside heard of a caller that has gone, which is not what the caller hears.
  if (status.error_code() == grpc::StatusCode::CANCELLED && call.refusal) {
    return Ended(call, method, stream, ToGrpcStatus(*call.refusal));
  }
  return Ended(call, method, stream, status);
}

grpc::Status CallLog::Ended(const ActiveCall& call, absl::string_view method, bool stream,
                            const grpc::Status& status) {
  metrics_.CountEnd(method, status.error_code());
  if (status.ok()) return status;
  if (call.request_id.empty()) return status;  // of a service that is not ours
  google::rpc::Status details = DetailsOf(status);
  const std::string reason = ReasonOf(details);
  // Streams go on until their reader goes away or the daemon ends: no failure of theirs.
  if (!stream || (status.error_code() != grpc::StatusCode::CANCELLED && reason != kShuttingDown)) {
    Tell(call, method, status, reason);
  }
  google::rpc::RequestInfo info;
  info.set_request_id(call.request_id);
  details.add_details()->PackFrom(info);
  return grpc::Status(status.error_code(), status.error_message(), details.SerializeAsString());
}

void CallLog::Tell(const ActiveCall& call, absl::string_view method, const grpc::Status& status,
                   absl::string_view reason) {
  // "Analysis/AnalyzeFrame"
  const absl::string_view path = method.substr(method.rfind('.') + 1);
  const std::string code = CodeName(status.error_code());
  const std::string kind = absl::StrCat("call ", path, " ", code);
  const std::array<LogField, 6> more = {
      LogField{"method", path},
      LogField{"code", code},
      LogField{"reason", reason},
      LogField{"caller", call.name},
      LogField{"peer", call.address},
      LogField{"duration_s", absl::ToDoubleSeconds(steady_clock_.Now() - call.begin_time)}};
  const bool expected = IsCallersAffair(status.error_code()) || reason == kShuttingDown;
  log_.Write(expected ? LogLevel::kInfo : LogLevel::kWarning,
             absl::StrCat("call failed: ", status.error_message()),
             {.component = "call",
              .frame_id = call.frame_id,
              .request_id = call.request_id,
              .kind = kind,
              .more = more});
}

}  // namespace atomstream
