// GrpcServer: the listening gRPC server with health v1, reflection, keepalive and limits. Owned by
// the daemon; the services outlive it.
#ifndef ATOMSTREAM_SERVER_SERVICE_GRPC_SERVER_H_
#define ATOMSTREAM_SERVER_SERVICE_GRPC_SERVER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/security/security_options.h"
#include "server/service/call_guard.h"
#include "server/service/server_credentials.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace atomstream {

struct GrpcServerOptions {
  std::string listen_address;  // port 0: any free port
  int max_message_mib = 80;
  std::optional<TlsOptions> tls;    // none: in the clear
  NewestCertificates certificates;  // with `tls`: of each new connection
};

// A service and its name for health checks, e.g. "atomstream.v1.Analysis".
struct NamedService {
  std::string name;
  grpc::Service* service = nullptr;
};

class GrpcServer {
 public:
  // Unavailable, naming the address, when it cannot be bound. `guard` stands in front of every
  // method of every service; it outlives the server.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const GrpcServerOptions& options, const std::vector<NamedService>& services,
      CallGuard* guard);
  virtual ~GrpcServer() = default;  // as Shutdown without grace

  virtual int port() const = 0;

  // Health of the server as a whole (the empty name) and of each of its services.
  virtual void ShowReady(bool ready) = 0;
  // Of another name.
  virtual void ShowComponent(const std::string& name, bool serving) = 0;

  // Refuses new calls, lets running ones end by themselves for `grace`, then cancels them; returns
  // when all have ended.
  virtual void Shutdown(absl::Duration grace) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_GRPC_SERVER_H_
