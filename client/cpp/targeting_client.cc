#include "client/cpp/targeting_client.h"

#include <utility>

#include "atomstream/v1/targeting.grpc.pb.h"
#include "client/cpp/grpc_server_stream.h"
#include "client/cpp/unary_call.h"

namespace atomstream {
namespace {

using Stub = v1::Targeting::Stub;

using GrpcTargetWatch = GrpcServerStream<Stub, v1::WatchTargetsRequest, v1::WatchTargetsResponse>;

class GrpcVisitCall final : public VisitCall {
 public:
  GrpcVisitCall(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<Stub> stub,
                const v1::VisitTargetRequest& request, absl::Duration timeout)
      : channel_(std::move(channel)),
        stub_(std::move(stub)),
        request_(request),
        timeout_(timeout) {}

  absl::StatusOr<v1::Visit> Wait() override {
    v1::VisitTargetResponse response;
    const absl::Status status =
        UnaryCall(*channel_, *stub_, &Stub::VisitTarget, request_, timeout_, context_, response);
    if (!status.ok()) return status;
    return std::move(*response.mutable_visit());
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::shared_ptr<Stub> stub_;
  const v1::VisitTargetRequest request_;
  const absl::Duration timeout_;
  grpc::ClientContext context_;
};

class GrpcTargetingClient final : public TargetingClient {
 public:
  explicit GrpcTargetingClient(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), stub_(v1::Targeting::NewStub(channel_)) {}

  std::unique_ptr<TargetWatch> WatchTargets(const v1::WatchTargetsRequest& request) override {
    return std::make_unique<GrpcTargetWatch>(stub_, &Stub::PrepareAsyncWatchTargets, request);
  }

  std::unique_ptr<VisitCall> VisitTarget(const v1::VisitTargetRequest& request,
                                         absl::Duration timeout) override {
    return std::make_unique<GrpcVisitCall>(channel_, stub_, request, timeout);
  }

  absl::StatusOr<v1::SelectTargetsResponse> SelectTargets(const v1::SelectTargetsRequest& request,
                                                          absl::Duration timeout) override {
    return Call<v1::SelectTargetsResponse>(&Stub::SelectTargets, request, timeout);
  }

  absl::StatusOr<v1::ListVisitsResponse> ListVisits(const v1::ListVisitsRequest& request,
                                                    absl::Duration timeout) override {
    return Call<v1::ListVisitsResponse>(&Stub::ListVisits, request, timeout);
  }

 private:
  template <typename Response, typename Method, typename Request>
  absl::StatusOr<Response> Call(Method method, const Request& request, absl::Duration timeout) {
    grpc::ClientContext context;
    Response response;
    const absl::Status status =
        UnaryCall(*channel_, *stub_, method, request, timeout, context, response);
    if (!status.ok()) return status;
    return response;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::shared_ptr<Stub> stub_;
};

}  // namespace

std::unique_ptr<TargetingClient> TargetingClient::Create(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcTargetingClient>(std::move(channel));
}

}  // namespace atomstream
