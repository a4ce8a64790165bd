// From gRPC's status to ours. Any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_RPC_STATUS_H_
#define ATOMSTREAM_CLIENT_CPP_RPC_STATUS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace atomstream {

// Same code and message. An ErrorInfo detail is written behind the message for people, as
// "message [REASON key=value …]", and kept for programs, as a RetryInfo and a RequestInfo are: see
// below.
absl::Status FromGrpcStatus(const grpc::Status& status);

// The reason of the ErrorInfo that a status came with, e.g. "FRAME_INVALID"; empty: none.
std::string ErrorReason(const absl::Status& status);

// What its metadata says of `key`; empty: nothing.
std::string ErrorMetadata(const absl::Status& status, absl::string_view key);

// The RetryInfo that it came with: the same call may pass after so long. Not negative.
std::optional<absl::Duration> RetryDelay(const absl::Status& status);

// The request id of the call that it came of, by which the daemon's log names it; empty: it came of
// no call that the daemon knows of.
std::string ErrorRequestId(const absl::Status& status);

// Of the same code, with everything that is kept for programs.
absl::Status WithMessage(const absl::Status& status, absl::string_view message);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_RPC_STATUS_H_
