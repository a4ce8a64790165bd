#include "client/cpp/operations_client.h"

#include <utility>

#include "atomstream/v1/operations.grpc.pb.h"
#include "client/cpp/unary_call.h"

namespace atomstream {
namespace {

class GrpcOperationsClient final : public OperationsClient {
 public:
  explicit GrpcOperationsClient(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), stub_(v1::Operations::NewStub(channel_)) {}

  absl::StatusOr<v1::ReloadConfigurationResponse> ReloadConfiguration(
      const v1::ReloadConfigurationRequest& request, absl::Duration timeout) override {
    grpc::ClientContext context;
    v1::ReloadConfigurationResponse response;
    const absl::Status status =
        UnaryCall(*channel_, *stub_, &v1::Operations::Stub::ReloadConfiguration, request, timeout,
                  context, response);
    if (!status.ok()) return status;
    return response;
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Operations::Stub> stub_;
};

}  // namespace

std::unique_ptr<OperationsClient> OperationsClient::Create(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcOperationsClient>(std::move(channel));
}

}  // namespace atomstream
