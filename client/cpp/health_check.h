// CheckHealth: one call of grpc.health.v1.Health/Check, which needs no role.
#ifndef ATOMSTREAM_CLIENT_CPP_HEALTH_CHECK_H_
#define ATOMSTREAM_CLIENT_CPP_HEALTH_CHECK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

// Whether `service` serves; empty: the whole server. NotFound: it does not know the name; others
// as of any call. Waits up to `timeout`.
absl::StatusOr<bool> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                 const std::string& service, absl::Duration timeout);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_HEALTH_CHECK_H_
