#include "client/cpp/rpc_status.h"

#include <algorithm>
#include <map>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace atomstream {
namespace {

constexpr char kUrlPrefix[] = "type.googleapis.com/";

// The first detail of this type.
template <typename Detail>
std::optional<Detail> DetailOf(const google::rpc::Status& details) {
  for (const google::protobuf::Any& any : details.details()) {
    Detail detail;
    if (any.Is<Detail>() && any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

template <typename Detail>
std::string UrlOf() {
  return absl::StrCat(kUrlPrefix, Detail::descriptor()->full_name());
}

template <typename Detail>
void Keep(const Detail& detail, absl::Status& status) {
  status.SetPayload(UrlOf<Detail>(), absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
std::optional<Detail> KeptOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(UrlOf<Detail>());
  Detail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The numbers of gRPC's codes and of absl's are the same, both being google.rpc.Code's.
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  std::string readable = status.error_message();
  const auto info = DetailOf<google::rpc::ErrorInfo>(details);
  if (info) {
    absl::StrAppend(&readable, " [", info->reason());
    // Sorted, so that the same error reads the same every time.
    for (const auto& [key, value] :
         std::map<std::string, std::string>(info->metadata().begin(), info->metadata().end())) {
      absl::StrAppend(&readable, " ", key, "=", value);
    }
    readable.push_back(']');
  }
  absl::Status result(code, readable);
  if (info) Keep(*info, result);
  const auto retry = DetailOf<google::rpc::RetryInfo>(details);
  if (retry) Keep(*retry, result);
  const auto request = DetailOf<google::rpc::RequestInfo>(details);
  if (request) Keep(*request, result);
  return result;
}

std::string ErrorReason(const absl::Status& status) {
  const auto info = KeptOf<google::rpc::ErrorInfo>(status);
  return info ? info->reason() : "";
}

std::string ErrorMetadata(const absl::Status& status, absl::string_view key) {
  const auto info = KeptOf<google::rpc::ErrorInfo>(status);
  if (!info) return "";
  const auto entry = info->metadata().find(std::string(key));
  return entry == info->metadata().end() ? "" : entry->second;
}

std::optional<absl::Duration> RetryDelay(const absl::Status& status) {
  const auto retry = KeptOf<google::rpc::RetryInfo>(status);
  if (!retry) return std::nullopt;
  const google::protobuf::Duration& delay = retry->retry_delay();
  return std::max(absl::ZeroDuration(),
                  absl::Seconds(delay.seconds()) + absl::Nanoseconds(delay.nanos()));
}

std::string ErrorRequestId(const absl::Status& status) {
  const auto request = KeptOf<google::rpc::RequestInfo>(status);
  return request ? request->request_id() : "";
}

absl::Status WithMessage(const absl::Status& status, absl::string_view message) {
  absl::Status result(status.code(), message);
  status.ForEachPayload([&result](absl::string_view name, const absl::Cord& payload) {
    result.SetPayload(name, payload);
  });
  return result;
}

}  // namespace atomstream
