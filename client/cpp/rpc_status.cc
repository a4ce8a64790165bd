#include "client/cpp/rpc_status.h"

#include <map>
#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace atomstream {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

std::optional<google::rpc::ErrorInfo> ErrorInfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) return info;
  }
  return std::nullopt;
}

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The numbers of gRPC's codes and of absl's are the same, both being google.rpc.Code's.
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const std::optional<google::rpc::ErrorInfo> info = ErrorInfoOf(status);
  if (!info) return absl::Status(code, status.error_message());
  std::string readable = absl::StrCat(status.error_message(), " [", info->reason());
  // Sorted, so that the same error reads the same every time.
  for (const auto& [key, value] :
       std::map<std::string, std::string>(info->metadata().begin(), info->metadata().end())) {
    absl::StrAppend(&readable, " ", key, "=", value);
  }
  readable.push_back(']');
  absl::Status result(code, readable);
  result.SetPayload(kErrorInfoUrl, absl::Cord(info->SerializeAsString()));
  return result;
}

std::string ErrorReason(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return "";
  return info.reason();
}

}  // namespace atomstream
