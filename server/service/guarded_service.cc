#include "server/service/guarded_service.h"

#include <grpc/byte_buffer.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/message_allocator.h>

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/service/analyze_messages.h"
#include "server/service/error.h"

namespace atomstream {
namespace {

using grpc::internal::MethodHandler;
using grpc::internal::RpcServiceMethod;

// Reaches the handlers of another service, which generated services keep protected.
class HandlerAccess : public grpc::Service {
 public:
  static MethodHandler* Get(grpc::Service& service, int index) {
    return (service.*&HandlerAccess::GetHandler)(index);
  }
};

// A call that ends before it begins. On the wire an answer of one message and a stream of them end
// alike when there is no message, so that one kind does for both. Owns itself until OnDone.
class RefusedCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedCall(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class GuardedHandler final : public MethodHandler {
 public:
  GuardedHandler(std::string method, bool stream, MethodHandler* inner, CallGuard* guard)
      : method_(std::move(method)), stream_(stream), inner_(inner), guard_(guard) {}

  // Keeps the bytes; RunHandler follows with what is returned here, always.
  void* Deserialize(grpc_call*, grpc_byte_buffer* request, grpc::Status*, void**) override {
    return request != nullptr ? request : grpc_raw_byte_buffer_create(nullptr, 0);
  }

  void RunHandler(const HandlerParameter& parameter) override {
    auto* bytes = static_cast<grpc_byte_buffer*>(parameter.request);
    std::function<void()> end;
    const grpc::Status verdict =
        guard_->Begin(method_, stream_, static_cast<int64_t>(grpc_byte_buffer_length(bytes)),
                      static_cast<grpc::CallbackServerContext&>(*parameter.server_context),
                      parameter.call->call(), &end);
    // What gRPC calls last, and before the context is destroyed.
    std::function<void()> last = [end = std::move(end), last = parameter.call_requester] {
      end();
      last();
    };
    if (!verdict.ok()) {
      Refuse(verdict, bytes, parameter, std::move(last));
      return;
    }
    grpc::Status parsed;
    void* data = nullptr;
    void* request = inner_->Deserialize(parameter.call->call(), bytes, &parsed, &data);
    if (parsed.ok()) {
      inner_->RunHandler(HandlerParameter(parameter.call, parameter.server_context, request, parsed,
                                          data, std::move(last)));
      return;
    }
    // The inner handler would answer UNIMPLEMENTED and say nothing.
    if (data != nullptr) Discard(static_cast<grpc::RpcAllocatorState*>(data));
    Refuse(ToGrpcStatus(absl::InvalidArgumentError(absl::StrCat(
                            "request: is no message of ", method_,
                            ", or one that is nested too deeply (more than 100 levels)")),
                        kRequestUnreadable),
           grpc_raw_byte_buffer_create(nullptr, 0), parameter, std::move(last));
  }

 private:
  // Frees the messages that a method which answers once began to parse into: in the call's memory
  // unless an allocator is ours. Of a stream gRPC does so itself.
  static void Discard(grpc::RpcAllocatorState* messages) {
    if (auto* own = dynamic_cast<OwnMessages*>(messages)) {
      own->Discard();
    } else {
      messages->~RpcAllocatorState();
    }
  }

  static void Refuse(const grpc::Status& status, grpc_byte_buffer* bytes,
                     const HandlerParameter& parameter, std::function<void()> last) {
    grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer> refusing(
        [&status](grpc::CallbackServerContext*, const grpc::ByteBuffer*) {
          return new RefusedCall(status);
        });
    grpc::Status parsed;
    void* data = nullptr;
    void* request = refusing.Deserialize(parameter.call->call(), bytes, &parsed, &data);
    refusing.RunHandler(HandlerParameter(parameter.call, parameter.server_context, request, parsed,
                                         data, std::move(last)));
  }

  const std::string method_;
  const bool stream_;
  MethodHandler* const inner_;
  CallGuard* const guard_;
};

}  // namespace

GuardedService::GuardedService(const google::protobuf::ServiceDescriptor& descriptor,
                               grpc::Service* inner, CallGuard* guard) {
  for (int i = 0; i < descriptor.method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *descriptor.method(i);
    const bool stream = method.server_streaming();
    paths_.push_back(absl::StrCat("/", descriptor.full_name(), "/", method.name()));
    AddMethod(new RpcServiceMethod(paths_.back().c_str(),
                                   stream ? grpc::internal::RpcMethod::SERVER_STREAMING
                                          : grpc::internal::RpcMethod::NORMAL_RPC,
                                   nullptr));
    MarkMethodCallback(
        i, new GuardedHandler(paths_.back(), stream, HandlerAccess::Get(*inner, i), guard));
  }
}

}  // namespace atomstream
