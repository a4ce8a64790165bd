#include "server/service/error.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/record/invalid_field.h"

namespace atomstream {

grpc::Status ToGrpcStatus(const absl::Status& error, absl::string_view reason,
                          absl::Duration retry_after) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain("atomstream");
  const InvalidField field = InvalidFieldOf(error);
  if (!field.field.empty()) (*info.mutable_metadata())["field"] = field.field;
  if (!field.value.empty()) (*info.mutable_metadata())["value"] = field.value;

  google::rpc::Status details;
  details.set_code(static_cast<int>(error.code()));
  details.set_message(std::string(error.message()));
  details.add_details()->PackFrom(info);
  if (retry_after < absl::InfiniteDuration()) {
    google::rpc::RetryInfo retry;
    const int64_t seconds = absl::ToInt64Seconds(retry_after);
    retry.mutable_retry_delay()->set_seconds(seconds);
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(retry_after - absl::Seconds(seconds))));
    details.add_details()->PackFrom(retry);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(error.code()), std::string(error.message()),
                      details.SerializeAsString());
}

}  // namespace atomstream
