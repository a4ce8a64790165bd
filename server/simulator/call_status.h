// How the simulator's services answer: absl::Status as gRPC's, and calls that are over at once.
// Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_CALL_STATUS_H_
#define ATOMSTREAM_SERVER_SIMULATOR_CALL_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"

namespace atomstream {

inline grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

inline grpc::Status Refuse(absl::string_view field, absl::AlphaNum value, absl::string_view why) {
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                      absl::StrCat(field, " = ", value, ": ", why));
}

inline grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext* context,
                                      const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_CALL_STATUS_H_
