// SteeringService: the gRPC face of the SteeringDesk, callback API. Reactions only translate and
// hand over; none waits, but for the audit log's line. Owned by the daemon; what Parts names
// outlives the gRPC server.
#ifndef ATOMSTREAM_SERVER_SERVICE_STEERING_SERVICE_H_
#define ATOMSTREAM_SERVER_SERVICE_STEERING_SERVICE_H_

#include <utility>

#include "absl/status/statusor.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "server/pipeline.h"
#include "server/security/active_callers.h"
#include "server/service/call_threads.h"
#include "server/steering/steering_desk.h"
#include "server/store/result_store.h"

namespace atomstream {

struct SteeringServiceParts {
  Pipeline* pipeline = nullptr;
  SteeringDesk* desk = nullptr;
  const ResultStore* store = nullptr;
  ActiveCallers* callers = nullptr;
  CallThreads* call_threads = nullptr;
};

class SteeringService final : public v1::Steering::CallbackService {
 public:
  explicit SteeringService(const SteeringServiceParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* GetParetoFront(grpc::CallbackServerContext* context,
                                           const v1::GetParetoFrontRequest* request,
                                           v1::GetParetoFrontResponse* response) override;
  grpc::ServerUnaryReactor* SelectSolution(grpc::CallbackServerContext* context,
                                           const v1::SelectSolutionRequest* request,
                                           v1::SelectSolutionResponse* response) override;
  grpc::ServerUnaryReactor* GetSettings(grpc::CallbackServerContext* context,
                                        const v1::GetSettingsRequest* request,
                                        v1::GetSettingsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSettings(grpc::CallbackServerContext* context,
                                           const v1::UpdateSettingsRequest* request,
                                           v1::UpdateSettingsResponse* response) override;
  grpc::ServerUnaryReactor* ReprocessFrame(grpc::CallbackServerContext* context,
                                           const v1::ReprocessFrameRequest* request,
                                           v1::ReprocessFrameResponse* response) override;
  grpc::ServerUnaryReactor* ListSettingsChanges(grpc::CallbackServerContext* context,
                                                const v1::ListSettingsChangesRequest* request,
                                                v1::ListSettingsChangesResponse* response) override;

 private:
  template <typename Request>
  SteeringCall CallOf(const grpc::CallbackServerContext& context, const Request& request) const {
    ActiveCall call = parts_.callers->Get(&context);
    return {.name = request.requested_by(),
            .authenticated = std::move(call.name),
            .address = std::move(call.address),
            .request_id = std::move(call.request_id),
            .expected_version = request.expected_version()};
  }
  absl::StatusOr<SettingsOutcome> Select(const v1::SelectSolutionRequest& request,
                                         const SteeringCall& call);
  absl::StatusOr<SettingsOutcome> Update(const v1::UpdateSettingsRequest& request,
                                         const SteeringCall& call);
  // Of the frame that the change evaluates anew; empty: none.
  std::string EvaluatedFrame(const SettingsOutcome& outcome, bool needs_front) const;

  const SteeringServiceParts parts_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_STEERING_SERVICE_H_
