// SteeringClient: the daemon's Steering service as plain blocking calls. Thread-safe: many threads
// may call at once. Errors are absl::Status with the daemon's reason (rpc_status.h). Every call
// waits for a daemon that is not yet there; when `timeout` has passed: UNAVAILABLE if there is no
// connection, else DEADLINE_EXCEEDED.
#ifndef ATOMSTREAM_CLIENT_CPP_STEERING_CLIENT_H_
#define ATOMSTREAM_CLIENT_CPP_STEERING_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/steering.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

class SteeringClient {
 public:
  // From MakeChannel.
  static std::unique_ptr<SteeringClient> Create(std::shared_ptr<grpc::Channel> channel);

  virtual ~SteeringClient() = default;

  virtual absl::StatusOr<v1::GetParetoFrontResponse> GetParetoFront(
      const v1::GetParetoFrontRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::SelectSolutionResponse> SelectSolution(
      const v1::SelectSolutionRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::GetSettingsResponse> GetSettings(absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::UpdateSettingsResponse> UpdateSettings(
      const v1::UpdateSettingsRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::ReprocessFrameResponse> ReprocessFrame(
      const v1::ReprocessFrameRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::ListSettingsChangesResponse> ListSettingsChanges(
      const v1::ListSettingsChangesRequest& request, absl::Duration timeout) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_STEERING_CLIENT_H_
