#include "server/service/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/server_interceptor.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "server/service/server_credentials.h"

namespace atomstream {
namespace {

constexpr int kKeepaliveTimeMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// Clients that ping more often than this are cut off; it must be below their own keepalive time.
constexpr int kMinClientPingIntervalMs = 10'000;
constexpr int kMaxStreamsPerConnection = 256;
// gRPC 1.51 cannot bound the number of connections; these bound how long one that does nothing is
// held: from its first byte to the end of the handshake, and without a call.
constexpr int kHandshakeTimeoutMs = 10'000;
constexpr int kMaxIdleMs = 600'000;

class GrpcServerImpl final : public GrpcServer {
 public:
  GrpcServerImpl(std::vector<std::unique_ptr<grpc::Service>> guarded,
                 std::vector<std::string> names,
                 std::shared_ptr<grpc::ServerCredentials> credentials,
                 std::unique_ptr<grpc::Server> server, int port)
      : credentials_(std::move(credentials)),
        guarded_(std::move(guarded)),
        names_(std::move(names)),
        server_(std::move(server)),
        port_(port) {}
  ~GrpcServerImpl() override { Shutdown(absl::ZeroDuration()); }

  int port() const override { return port_; }

  void ShowReady(bool ready) override {
    for (const std::string& name : names_) ShowComponent(name, ready);
  }

  void ShowComponent(const std::string& name, bool serving) override {
    if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(name, serving);
  }

  void Shutdown(absl::Duration grace) override {
    server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
    server_->Wait();
  }

 private:
  // These two outlive the server.
  const std::shared_ptr<grpc::ServerCredentials> credentials_;
  const std::vector<std::unique_ptr<grpc::Service>> guarded_;
  const std::vector<std::string> names_;  // "" and those of the services
  const std::unique_ptr<grpc::Server> server_;
  const int port_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcServerOptions& options, const std::vector<NamedService>& services, CallGuard* guard) {
  // Both act on every server that is built afterwards, and may be repeated.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  int port = 0;
  grpc::ServerBuilder builder;
  const std::shared_ptr<grpc::ServerCredentials> credentials =
      MakeServerCredentials(options.tls, options.certificates, guard);
  builder.AddListeningPort(options.listen_address, credentials, &port);
  std::vector<std::unique_ptr<grpc::Service>> guarded;
  for (const NamedService& service : services) {
    ASSIGN_OR_RETURN(std::unique_ptr<grpc::Service> in_front,
                     guard->Guard(service.name, service.service));
    builder.RegisterService(in_front.get());
    guarded.push_back(std::move(in_front));
  }
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(guard->call_log()->Interceptors());
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  const int max_message_bytes = options.max_message_mib << 20;
  builder.SetMaxReceiveMessageSize(max_message_bytes);
  builder.SetMaxSendMessageSize(max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinClientPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMs);
  // A second daemon on the same port is a mistake, not a way to share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("listen_address = ", options.listen_address, ": cannot listen there"));
  }
  std::vector<std::string> names = {""};
  for (const NamedService& service : services) names.push_back(service.name);
  auto started = std::make_unique<GrpcServerImpl>(std::move(guarded), std::move(names), credentials,
                                                  std::move(server), port);
  started->ShowReady(true);
  return started;
}

}  // namespace atomstream
