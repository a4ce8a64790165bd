// AnalysisClient: the daemon's Analysis service as plain blocking calls. Thread-safe: many threads
// may call at once. Errors are absl::Status with the daemon's reason in the message (rpc_status.h).
#ifndef ATOMSTREAM_CLIENT_CPP_ANALYSIS_CLIENT_H_
#define ATOMSTREAM_CLIENT_CPP_ANALYSIS_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cpp/server_stream.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

// One subscription, without resumption: see result_stream.h for results that go on after a lost
// link.
using ResultSubscription = ServerStream<v1::SubscribeResponse>;

class AnalysisClient {
 public:
  // From MakeChannel.
  static std::unique_ptr<AnalysisClient> Create(std::shared_ptr<grpc::Channel> channel);

  virtual ~AnalysisClient() = default;

  // Waits up to `timeout` for a connection; false: there is none yet.
  virtual bool WaitUntilConnected(absl::Duration timeout) = 0;

  // Never fails here; Next tells, at once if there is no connection. The channel outlives this
  // client through the subscription.
  virtual std::unique_ptr<ResultSubscription> Subscribe(const v1::SubscribeRequest& request) = 0;

  // Every call waits for a daemon that is not yet there. When `timeout` has passed: UNAVAILABLE if
  // there is no connection, else DEADLINE_EXCEEDED.
  virtual absl::StatusOr<v1::FrameResult> AnalyzeFrame(const v1::AnalyzeFrameRequest& request,
                                                       absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::FrameResult> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                         absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
      const v1::ListFrameResultsRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest& request,
                                                        absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::GetStatusResponse> GetStatus(absl::Duration timeout) = 0;

  // Ends the calls that are under way, and later ones at once: CANCELLED. Subscriptions go on.
  virtual void CancelCalls() {}
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_ANALYSIS_CLIENT_H_
