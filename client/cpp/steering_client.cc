#include "client/cpp/steering_client.h"

#include <utility>

#include "atomstream/v1/steering.grpc.pb.h"
#include "client/cpp/unary_call.h"

namespace atomstream {
namespace {

using Stub = v1::Steering::Stub;

class GrpcSteeringClient final : public SteeringClient {
 public:
  explicit GrpcSteeringClient(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), stub_(v1::Steering::NewStub(channel_)) {}

  absl::StatusOr<v1::GetParetoFrontResponse> GetParetoFront(
      const v1::GetParetoFrontRequest& request, absl::Duration timeout) override {
    return Call(&Stub::GetParetoFront, request, timeout);
  }
  absl::StatusOr<v1::SelectSolutionResponse> SelectSolution(
      const v1::SelectSolutionRequest& request, absl::Duration timeout) override {
    return Call(&Stub::SelectSolution, request, timeout);
  }
  absl::StatusOr<v1::GetSettingsResponse> GetSettings(absl::Duration timeout) override {
    return Call(&Stub::GetSettings, v1::GetSettingsRequest(), timeout);
  }
  absl::StatusOr<v1::UpdateSettingsResponse> UpdateSettings(
      const v1::UpdateSettingsRequest& request, absl::Duration timeout) override {
    return Call(&Stub::UpdateSettings, request, timeout);
  }
  absl::StatusOr<v1::ReprocessFrameResponse> ReprocessFrame(
      const v1::ReprocessFrameRequest& request, absl::Duration timeout) override {
    return Call(&Stub::ReprocessFrame, request, timeout);
  }
  absl::StatusOr<v1::ListSettingsChangesResponse> ListSettingsChanges(
      const v1::ListSettingsChangesRequest& request, absl::Duration timeout) override {
    return Call(&Stub::ListSettingsChanges, request, timeout);
  }

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, absl::Duration timeout) {
    grpc::ClientContext context;
    Response response;
    const absl::Status status =
        UnaryCall(*channel_, *stub_, method, request, timeout, context, response);
    if (!status.ok()) return status;
    return response;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace

std::unique_ptr<SteeringClient> SteeringClient::Create(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcSteeringClient>(std::move(channel));
}

}  // namespace atomstream
