// TargetingClient: the daemon's Targeting service as plain blocking calls. Thread-safe: many
// threads may call at once. Errors are absl::Status with the daemon's reason (rpc_status.h).
#ifndef ATOMSTREAM_CLIENT_CPP_TARGETING_CLIENT_H_
#define ATOMSTREAM_CLIENT_CPP_TARGETING_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/targeting.pb.h"
#include "client/cpp/server_stream.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

// One WatchTargets.
using TargetWatch = ServerStream<v1::WatchTargetsResponse>;

// One VisitTarget. Wait is called once, by one thread; Cancel by any, more than once, also before
// Wait. Whatever ends the call, the daemon blanks the beam.
class VisitCall {
 public:
  virtual ~VisitCall() = default;

  // Blocks until the beam is blanked, or `timeout` is over: that ends the visit.
  virtual absl::StatusOr<v1::Visit> Wait() = 0;

  virtual void Cancel() = 0;
};

class TargetingClient {
 public:
  // From MakeChannel.
  static std::unique_ptr<TargetingClient> Create(std::shared_ptr<grpc::Channel> channel);

  virtual ~TargetingClient() = default;

  // Never fail here; Next and Wait tell. The channel outlives this client through what they return.
  virtual std::unique_ptr<TargetWatch> WatchTargets(const v1::WatchTargetsRequest& request) = 0;
  virtual std::unique_ptr<VisitCall> VisitTarget(const v1::VisitTargetRequest& request,
                                                 absl::Duration timeout) = 0;

  // Both wait for a daemon that is not yet there. When `timeout` has passed: UNAVAILABLE if there
  // is no connection, else DEADLINE_EXCEEDED.
  virtual absl::StatusOr<v1::SelectTargetsResponse> SelectTargets(
      const v1::SelectTargetsRequest& request, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::ListVisitsResponse> ListVisits(const v1::ListVisitsRequest& request,
                                                            absl::Duration timeout) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_TARGETING_CLIENT_H_
