#include "server/service/error.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/record/invalid_field.h"
#include "server/security/call_gate.h"
#include "server/targeting/refusal.h"

namespace atomstream {

namespace {

google::rpc::ErrorInfo InfoOf(const absl::Status& error, absl::string_view reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain("atomstream");
  auto& metadata = *info.mutable_metadata();
  error.ForEachPayload([&](absl::string_view name, const absl::Cord& part) {
    if (absl::ConsumePrefix(&name, "atomstream/")) metadata[std::string(name)] = std::string(part);
  });
  // What is told in parts is not looked for in the message.
  const InvalidField field = metadata.empty() ? InvalidFieldOf(error) : InvalidField();
  if (!field.field.empty()) metadata["field"] = field.field;
  if (!field.value.empty()) metadata["value"] = field.value;
  return info;
}

google::rpc::Status DetailsOf(const absl::Status& error, const google::rpc::ErrorInfo& info) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(error.code()));
  details.set_message(std::string(error.message()));
  details.add_details()->PackFrom(info);
  return details;
}

grpc::Status StatusOf(const absl::Status& error, const google::rpc::Status& details) {
  return grpc::Status(static_cast<grpc::StatusCode>(error.code()), std::string(error.message()),
                      details.SerializeAsString());
}

// When to call again after RESOURCE_EXHAUSTED, where whoever refused cannot say: by then a frame
// has been analysed, a subscriber has left.
absl::Duration UsualDelay(absl::string_view reason) {
  // Waiting makes no request smaller, and gives no dose back.
  if (reason == kRequestTooLarge || reason == kDoseExhausted) return absl::InfiniteDuration();
  if (reason == kAnalyzeQueueFull) return absl::Milliseconds(200);
  if (reason == kTooManySubscribers || reason == kTooManySelections) return absl::Seconds(5);
  return absl::Seconds(1);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& error, absl::string_view reason,
                          absl::Duration retry_after) {
  google::rpc::Status details = DetailsOf(error, InfoOf(error, reason));
  if (absl::IsResourceExhausted(error) && retry_after == absl::InfiniteDuration()) {
    retry_after = UsualDelay(reason);
  }
  if (retry_after < absl::InfiniteDuration()) {
    google::rpc::RetryInfo retry;
    const int64_t seconds = absl::ToInt64Seconds(retry_after);
    retry.mutable_retry_delay()->set_seconds(seconds);
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(retry_after - absl::Seconds(seconds))));
    details.add_details()->PackFrom(retry);
  }
  return StatusOf(error, details);
}

grpc::Status ToGrpcStatus(const absl::Status& error, absl::string_view reason,
                          const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo info = InfoOf(error, reason);
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  return StatusOf(error, DetailsOf(error, info));
}

}  // namespace atomstream
