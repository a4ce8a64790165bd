#include "client/cpp/analysis_client.h"

#include <set>
#include <utility>

#include "atomstream/v1/analysis.grpc.pb.h"
#include "client/cpp/channel.h"
#include "client/cpp/grpc_server_stream.h"
#include "client/cpp/unary_call.h"
#include "core/base/mutex.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace atomstream {
namespace {

using Stub = v1::Analysis::Stub;
using GrpcSubscription = GrpcServerStream<Stub, v1::SubscribeRequest, v1::SubscribeResponse>;

class GrpcAnalysisClient final : public AnalysisClient {
 public:
  explicit GrpcAnalysisClient(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), stub_(v1::Analysis::NewStub(channel_)) {}

  bool WaitUntilConnected(absl::Duration timeout) override {
    return atomstream::WaitUntilConnected(*channel_, timeout);
  }

  std::unique_ptr<ResultSubscription> Subscribe(const v1::SubscribeRequest& request) override {
    return std::make_unique<GrpcSubscription>(stub_, &Stub::PrepareAsyncSubscribe, request);
  }

  absl::StatusOr<v1::FrameResult> AnalyzeFrame(const v1::AnalyzeFrameRequest& request,
                                               absl::Duration timeout) override {
    v1::AnalyzeFrameResponse response;
    const absl::Status status = Call(&Stub::AnalyzeFrame, request, timeout, response);
    if (!status.ok()) return status;
    return std::move(*response.mutable_result());
  }

  absl::StatusOr<v1::FrameResult> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                 absl::Duration timeout) override {
    v1::GetFrameResultResponse response;
    const absl::Status status = Call(&Stub::GetFrameResult, request, timeout, response);
    if (!status.ok()) return status;
    return std::move(*response.mutable_result());
  }

  absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
      const v1::ListFrameResultsRequest& request, absl::Duration timeout) override {
    v1::ListFrameResultsResponse response;
    const absl::Status status = Call(&Stub::ListFrameResults, request, timeout, response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest& request,
                                                absl::Duration timeout) override {
    v1::GetFrameResponse response;
    const absl::Status status = Call(&Stub::GetFrame, request, timeout, response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::GetStatusResponse> GetStatus(absl::Duration timeout) override {
    v1::GetStatusResponse response;
    const absl::Status status = Call(&Stub::GetStatus, v1::GetStatusRequest(), timeout, response);
    if (!status.ok()) return status;
    return response;
  }

  void CancelCalls() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* call : calls_) call->TryCancel();
  }

 private:
  // A call is in calls_ as long as it lives, so that it can be cancelled.
  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, absl::Duration timeout,
                    Response& response) {
    grpc::ClientContext context;
    {
      MutexLock lock(&mutex_);
      if (cancelled_) return absl::CancelledError("calls were cancelled");
      calls_.insert(&context);
    }
    const absl::Status status =
        UnaryCall(*channel_, *stub_, method, request, timeout, context, response);
    MutexLock lock(&mutex_);
    calls_.erase(&context);
    // A daemon that shuts down cancels the calls that it has not answered.
    if (absl::IsCancelled(status) && !cancelled_) {
      return absl::UnavailableError("the daemon ended the call");
    }
    return status;
  }

  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
  const std::shared_ptr<grpc::Channel> channel_;
  const std::shared_ptr<Stub> stub_;
};

}  // namespace

std::unique_ptr<AnalysisClient> AnalysisClient::Create(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcAnalysisClient>(std::move(channel));
}

}  // namespace atomstream
