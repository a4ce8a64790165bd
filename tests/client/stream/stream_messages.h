// Messages and errors of a daemon, made short for tests.
#ifndef ATOMSTREAM_TESTS_CLIENT_STREAM_STREAM_MESSAGES_H_
#define ATOMSTREAM_TESTS_CLIENT_STREAM_STREAM_MESSAGES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cpp/rpc_status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace atomstream {

inline v1::ResultPosition At(const std::string& epoch, int64_t sequence) {
  v1::ResultPosition position;
  position.set_epoch(epoch);
  position.set_sequence(sequence);
  return position;
}

// Of a daemon whose newest result is `sequence`, with a heartbeat a second.
inline v1::SubscribeResponse RunOf(const std::string& epoch, int64_t sequence) {
  v1::SubscribeResponse message;
  *message.mutable_run()->mutable_position() = At(epoch, sequence);
  message.mutable_run()->mutable_heartbeat_interval()->set_seconds(1);
  return message;
}

inline v1::SubscribeResponse ResultOf(const std::string& epoch, int64_t sequence) {
  v1::SubscribeResponse message;
  *message.mutable_result()->mutable_position() = At(epoch, sequence);
  message.mutable_result()->set_frame_id(absl::StrCat(epoch, "/", sequence));
  return message;
}

inline v1::SubscribeResponse GapOf(int64_t first, int64_t last, int64_t results = 0) {
  v1::SubscribeResponse message;
  message.mutable_gap()->set_first_sequence(first);
  message.mutable_gap()->set_last_sequence(last);
  message.mutable_gap()->set_results(results > 0 ? results : last - first + 1);
  return message;
}

inline v1::SubscribeResponse HeartbeatOf(const std::string& epoch, int64_t newest) {
  v1::SubscribeResponse message;
  *message.mutable_heartbeat()->mutable_newest() = At(epoch, newest);
  return message;
}

// As the daemon sends it and the clients read it.
inline absl::Status DaemonError(grpc::StatusCode code, const std::string& reason,
                                const std::map<std::string, std::string>& metadata = {},
                                std::optional<absl::Duration> retry = std::nullopt) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("atomstream");
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  if (retry) {
    google::rpc::RetryInfo retry_info;
    absl::Duration rest;
    retry_info.mutable_retry_delay()->set_seconds(
        absl::IDivDuration(*retry, absl::Seconds(1), &rest));
    retry_info.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
    details.add_details()->PackFrom(retry_info);
  }
  return FromGrpcStatus(grpc::Status(code, "refused", details.SerializeAsString()));
}

inline absl::Status OutOfRange(const std::string& epoch, int64_t oldest, int64_t newest) {
  return DaemonError(
      grpc::StatusCode::OUT_OF_RANGE, "RESUME_OUT_OF_RANGE",
      {{"epoch", epoch}, {"oldest", absl::StrCat(oldest)}, {"newest", absl::StrCat(newest)}});
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_STREAM_STREAM_MESSAGES_H_
