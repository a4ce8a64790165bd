// OperationsService: the gRPC face of the ConfigReloader, callback API. A call waits for its reload
// without holding a thread. Owned by the daemon; what it is given outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SERVICE_OPERATIONS_SERVICE_H_
#define ATOMSTREAM_SERVER_SERVICE_OPERATIONS_SERVICE_H_

#include "atomstream/v1/operations.grpc.pb.h"
#include "server/reload/config_reloader.h"
#include "server/security/active_callers.h"

namespace atomstream {

class OperationsService final : public v1::Operations::CallbackService {
 public:
  OperationsService(ConfigReloader* reloader, const ActiveCallers* callers)
      : reloader_(*reloader), callers_(*callers) {}

  grpc::ServerUnaryReactor* ReloadConfiguration(grpc::CallbackServerContext* context,
                                                const v1::ReloadConfigurationRequest* request,
                                                v1::ReloadConfigurationResponse* response) override;

 private:
  ConfigReloader& reloader_;
  const ActiveCallers& callers_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_OPERATIONS_SERVICE_H_
