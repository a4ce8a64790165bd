#include "client/cpp/analysis_client.h"

#include <atomic>
#include <optional>
#include <utility>

#include "atomstream/v1/analysis.grpc.pb.h"
#include "client/cpp/channel.h"
#include "client/cpp/rpc_status.h"
#include "client/cpp/unary_call.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"

namespace atomstream {
namespace {

class GrpcSubscription final : public ResultSubscription {
 public:
  GrpcSubscription(std::shared_ptr<v1::Analysis::Stub> stub, const v1::SubscribeRequest& request)
      : stub_(std::move(stub)), reader_(stub_->Subscribe(&context_, request)) {}

  ~GrpcSubscription() override {
    context_.TryCancel();
    if (!end_) reader_->Finish();
  }

  absl::StatusOr<v1::SubscribeResponse> Next() override {
    if (end_) return *end_;
    v1::SubscribeResponse response;
    if (reader_->Read(&response)) return response;
    absl::Status status = FromGrpcStatus(reader_->Finish());
    // A server that shuts down may end a call well or cancel it; only a Cancel of ours is
    // CANCELLED.
    if (status.ok() || (absl::IsCancelled(status) && !cancelled_)) {
      status = absl::UnavailableError("the daemon ended the subscription");
    }
    end_ = status;
    return status;
  }

  void Cancel() override {
    cancelled_ = true;
    context_.TryCancel();
  }

 private:
  const std::shared_ptr<v1::Analysis::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  std::atomic<bool> cancelled_ = false;
  std::optional<absl::Status> end_;  // set once the stream is finished
};

class GrpcAnalysisClient final : public AnalysisClient {
 public:
  explicit GrpcAnalysisClient(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), stub_(v1::Analysis::NewStub(channel_)) {}

  bool WaitUntilConnected(absl::Duration timeout) override {
    return atomstream::WaitUntilConnected(*channel_, timeout);
  }

  std::unique_ptr<ResultSubscription> Subscribe(const v1::SubscribeRequest& request) override {
    return std::make_unique<GrpcSubscription>(stub_, request);
  }

  absl::StatusOr<v1::FrameResult> AnalyzeFrame(const v1::AnalyzeFrameRequest& request,
                                               absl::Duration timeout) override {
    v1::AnalyzeFrameResponse response;
    const absl::Status status = Call(&v1::Analysis::Stub::AnalyzeFrame, request, timeout, response);
    if (!status.ok()) return status;
    return std::move(*response.mutable_result());
  }

  absl::StatusOr<v1::FrameResult> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                 absl::Duration timeout) override {
    v1::GetFrameResultResponse response;
    const absl::Status status =
        Call(&v1::Analysis::Stub::GetFrameResult, request, timeout, response);
    if (!status.ok()) return status;
    return std::move(*response.mutable_result());
  }

  absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
      const v1::ListFrameResultsRequest& request, absl::Duration timeout) override {
    v1::ListFrameResultsResponse response;
    const absl::Status status =
        Call(&v1::Analysis::Stub::ListFrameResults, request, timeout, response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest& request,
                                                absl::Duration timeout) override {
    v1::GetFrameResponse response;
    const absl::Status status = Call(&v1::Analysis::Stub::GetFrame, request, timeout, response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::GetStatusResponse> GetStatus(absl::Duration timeout) override {
    v1::GetStatusResponse response;
    const absl::Status status =
        Call(&v1::Analysis::Stub::GetStatus, v1::GetStatusRequest(), timeout, response);
    if (!status.ok()) return status;
    return response;
  }

 private:
  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, absl::Duration timeout,
                    Response& response) {
    grpc::ClientContext context;
    return UnaryCall(*channel_, *stub_, method, request, timeout, context, response);
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::shared_ptr<v1::Analysis::Stub> stub_;
};

}  // namespace

std::unique_ptr<AnalysisClient> AnalysisClient::Create(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcAnalysisClient>(std::move(channel));
}

}  // namespace atomstream
