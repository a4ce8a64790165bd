// OperationsClient: the daemon's Operations service as plain blocking calls. As SteeringClient.
#ifndef ATOMSTREAM_CLIENT_CPP_OPERATIONS_CLIENT_H_
#define ATOMSTREAM_CLIENT_CPP_OPERATIONS_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/operations.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

class OperationsClient {
 public:
  // From MakeChannel.
  static std::unique_ptr<OperationsClient> Create(std::shared_ptr<grpc::Channel> channel);

  virtual ~OperationsClient() = default;

  virtual absl::StatusOr<v1::ReloadConfigurationResponse> ReloadConfiguration(
      const v1::ReloadConfigurationRequest& request, absl::Duration timeout) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_OPERATIONS_CLIENT_H_
