#include "server/service/call_guard.h"

#include <google/protobuf/descriptor.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/request_id.h"
#include "server/service/error.h"
#include "server/service/guarded_service.h"

namespace atomstream {

namespace {

std::string TextOf(grpc::string_ref text) { return std::string(text.data(), text.size()); }

absl::Status StatusOf(const CallRefusal& refusal) {
  switch (refusal.code) {
    case CallRefusal::Code::kUnauthenticated:
      return absl::UnauthenticatedError(refusal.message);
    case CallRefusal::Code::kPermissionDenied:
      return absl::PermissionDeniedError(refusal.message);
    case CallRefusal::Code::kResourceExhausted:
      return absl::ResourceExhaustedError(refusal.message);
  }
  return absl::InternalError(refusal.message);
}

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

std::vector<std::string> ValuesOf(const Metadata& metadata, const char* key) {
  std::vector<std::string> values;
  const auto [begin, end] = metadata.equal_range(key);
  for (auto it = begin; it != end; ++it) values.push_back(TextOf(it->second));
  return values;
}

// Ends a running call from outside, whatever its reactor is about to do: that hears of it as of a
// caller that has gone. gRPC sends the code and the message; it has no way to send details then, so
// that the reason is in the message. `note` comes first, so that whoever hears of the end can know
// why.
std::function<void(const CallRefusal&)> EndOf(grpc_call* call,
                                              std::function<void(const CallRefusal&)> note) {
  grpc_call_ref(call);
  const std::shared_ptr<grpc_call> held(call, grpc_call_unref);
  return [held, note = std::move(note)](const CallRefusal& refusal) {
    note(refusal);
    const absl::Status status = StatusOf(refusal);
    grpc_call_cancel_with_status(held.get(), static_cast<grpc_status_code>(status.code()),
                                 absl::StrCat(refusal.message, " [", refusal.reason, "]").c_str(),
                                 nullptr);
  };
}

}  // namespace

// Asked by gRPC for each call of an encrypted connection, also for those of services that it
// brings itself.
class ForeignMethods final : public grpc::AuthMetadataProcessor {
 public:
  explicit ForeignMethods(CallGuard* guard) : guard_(guard) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* peer, OutputMetadata*,
                       OutputMetadata*) override {
    const std::vector<std::string> paths = ValuesOf(metadata, ":path");
    const std::string path = paths.empty() ? "" : paths.front();
    // Of ours: the guarded service judges, with details.
    if (absl::StartsWith(path, "/atomstream.")) return grpc::Status::OK;
    CallFacts facts;
    facts.method = path;
    facts.certificate = CertificateOf(*peer);
    // Load balancers have no role.
    if (absl::StartsWith(path, "/grpc.health.v1.")) {
      const std::optional<CallRefusal> refusal = guard_->parts_.gate->AdmitHealthCheck(facts);
      if (!refusal) return grpc::Status::OK;
      guard_->parts_.metrics->Refused(refusal->reason)->Increment();
      guard_->Tell(path, "health checks", *refusal);
      return ToGrpcStatus(*refusal);
    }
    facts.authorization = ValuesOf(metadata, "authorization");
    facts.address = "elsewhere";  // gRPC does not say here
    Caller caller;
    const std::optional<CallRefusal> refusal = guard_->Ask(facts, &caller);
    if (!refusal) return grpc::Status::OK;
    guard_->Tell(path, facts.address, *refusal);
    return ToGrpcStatus(*refusal);
  }

 private:
  CallGuard* const guard_;
};

CallGuard::CallGuard(const CallGuardParts& parts)
    : parts_(parts),
      call_log_(parts.callers, parts.calls, parts.steady_clock, parts.log),
      warden_(parts.gate, [this](const RunningStream&, const CallRefusal& refusal) {
        parts_.metrics->Refused(refusal.reason)->Increment();
      }) {
  if (parts_.gate->authenticates()) warden_.Start(&wait_);
}

absl::StatusOr<std::unique_ptr<grpc::Service>> CallGuard::Guard(const std::string& name,
                                                                grpc::Service* service) {
  const google::protobuf::ServiceDescriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
  if (descriptor == nullptr) {
    return absl::InternalError(absl::StrCat("service ", name, ": has no descriptor"));
  }
  if (service->has_synchronous_methods() || service->has_async_methods() ||
      service->has_generic_methods()) {
    return absl::InternalError(
        absl::StrCat("service ", name, ": has a method that is not of the callback API"));
  }
  for (int i = 0; i < descriptor->method_count(); ++i) {
    if (descriptor->method(i)->client_streaming()) {
      return absl::InternalError(absl::StrCat(descriptor->method(i)->full_name(),
                                              ": streams of requests cannot be guarded"));
    }
  }
  return std::make_unique<GuardedService>(*descriptor, service, this);
}

std::shared_ptr<grpc::AuthMetadataProcessor> CallGuard::GuardOfForeignMethods() {
  return std::make_shared<ForeignMethods>(this);
}

std::optional<CallRefusal> CallGuard::Ask(const CallFacts& facts, Caller* caller) {
  std::optional<CallRefusal> refusal = parts_.gate->Admit(facts, caller);
  if (refusal) parts_.metrics->Refused(refusal->reason)->Increment();
  return refusal;
}

void CallGuard::Tell(absl::string_view what, absl::string_view from, const CallRefusal& refusal) {
  const std::array<LogField, 2> more = {LogField{"method", what},
                                        LogField{"reason", refusal.reason}};
  parts_.log->Write(LogLevel::kWarning,
                    absl::StrCat("refused ", what, " from ", from, ": ", refusal.message),
                    {.component = "call", .kind = "refused from outside", .more = more});
}

std::string CallGuard::RequestIdFor(const grpc::CallbackServerContext& context) {
  const std::vector<std::string> given = ValuesOf(context.client_metadata(), kRequestIdKey);
  if (given.size() == 1 && IsRequestId(given.front())) return given.front();
  std::string made = parts_.request_ids->Next();
  if (!given.empty()) {
    const std::array<LogField, 1> more = {LogField{"peer", context.peer()}};
    parts_.log->Write(
        LogLevel::kInfo,
        absl::StrCat("a caller's ", kRequestIdKey, " = ",
                     given.size() == 1 ? given.front() : "(more than one)", ": ", kRequestIdRule,
                     "; another one was made"),
        {.component = "call", .request_id = made, .kind = kRequestIdKey, .more = more});
  }
  return made;
}

grpc::Status CallGuard::Begin(const std::string& method, bool stream, int64_t request_bytes,
                              grpc::CallbackServerContext& context, grpc_call* call,
                              std::function<void()>* end) {
  CallFacts facts;
  facts.method = method;
  if (const auto peer = context.auth_context()) facts.certificate = CertificateOf(*peer);
  facts.authorization = ValuesOf(context.client_metadata(), "authorization");
  facts.address = context.peer();
  facts.request_bytes = request_bytes;
  facts.stream = stream;
  ActiveCall active;
  active.request_id = RequestIdFor(context);
  active.address = facts.address;
  const absl::Time begin_time = parts_.steady_clock->Now();
  active.begin_time = begin_time;
  parts_.calls->Begin(method);
  context.AddInitialMetadata(kRequestIdKey, active.request_id);
  Caller caller;
  const std::optional<CallRefusal> refusal = Ask(facts, &caller);
  active.name = caller.name;
  const grpc::ServerContextBase* const key = &context;
  const int64_t number = parts_.callers->Add(key, std::move(active));
  // `method` is the handler's and outlives the call.
  const auto leave = [this, key, begin_time, &method] {
    parts_.callers->Remove(key);
    parts_.calls->End(method, parts_.steady_clock->Now() - begin_time);
  };
  if (refusal) {
    *end = leave;
    return ToGrpcStatus(*refusal);
  }
  const auto note = [callers = parts_.callers, key, number](const CallRefusal& ended_for) {
    callers->SetRefusal(key, number, ended_for);
  };
  const int64_t watched = !caller.name.empty() && stream
                              ? warden_.Add({std::move(facts), caller, EndOf(call, note)})
                              : 0;
  *end = [this, stream, watched, caller = std::move(caller), leave] {
    if (watched != 0) warden_.Remove(watched);
    leave();
    if (stream) parts_.gate->Leave(caller);
  };
  return grpc::Status::OK;
}

grpc::Status ToGrpcStatus(const CallRefusal& refusal) {
  return ToGrpcStatus(StatusOf(refusal), refusal.reason, refusal.retry_after);
}

std::optional<PeerCertificate> CertificateOf(const grpc::AuthContext& peer) {
  // Only of a handshake that verified a certificate: without one there are no such properties.
  if (!peer.IsPeerAuthenticated()) return std::nullopt;
  PeerCertificate certificate;
  const std::vector<grpc::string_ref> names = peer.FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
  // With several names none of them is who it is.
  if (names.size() == 1) certificate.common_name = TextOf(names.front());
  for (const grpc::string_ref& name : peer.FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) {
    certificate.alternative_names.push_back(TextOf(name));
  }
  return certificate;
}

}  // namespace atomstream
