// UnaryCall: one blocking call with a deadline, as all clients make it. Any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_UNARY_CALL_H_
#define ATOMSTREAM_CLIENT_CPP_UNARY_CALL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cpp/channel.h"
#include "client/cpp/rpc_status.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace atomstream {

// Waits for a daemon that is not yet there. When `timeout` has passed: UNAVAILABLE if there is no
// connection, else DEADLINE_EXCEEDED. `context` is fresh; another thread may cancel it.
template <typename Stub, typename Request, typename Response>
absl::Status UnaryCall(grpc::Channel& channel, Stub& stub,
                       grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
                       const Request& request, absl::Duration timeout, grpc::ClientContext& context,
                       Response& response) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  context.set_wait_for_ready(true);
  const absl::Status status = FromGrpcStatus((stub.*method)(&context, request, &response));
  // Waiting for a daemon that is not there also ends DEADLINE_EXCEEDED, which says too little.
  if (absl::IsDeadlineExceeded(status) &&
      channel.GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_READY) {
    const std::string why = WhyNotConnected(channel);
    return absl::UnavailableError(absl::StrCat(
        "no connection within ", absl::FormatDuration(absl::Ceil(timeout, absl::Milliseconds(10))),
        why.empty() ? "" : ": ", why));
  }
  return status;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_UNARY_CALL_H_
