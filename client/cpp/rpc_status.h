// From gRPC's status to ours. Any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_RPC_STATUS_H_
#define ATOMSTREAM_CLIENT_CPP_RPC_STATUS_H_

#include <string>

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace atomstream {

// Same code and message. An ErrorInfo detail is written behind the message for people, as
// "message [REASON key=value …]", and kept for programs: see ErrorReason.
absl::Status FromGrpcStatus(const grpc::Status& status);

// The reason of the ErrorInfo that a status came with, e.g. "FRAME_INVALID"; empty: none.
std::string ErrorReason(const absl::Status& status);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_RPC_STATUS_H_
