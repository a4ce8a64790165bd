// Errors of the API: a canonical code with one google.rpc.ErrorInfo (AIP-193). docs/api.md explains
// every reason to callers.
#ifndef ATOMSTREAM_SERVER_SERVICE_ERROR_H_
#define ATOMSTREAM_SERVER_SERVICE_ERROR_H_

#include <grpcpp/support/status.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace atomstream {

// The reasons; a caller may depend on them, so they never change.
inline constexpr absl::string_view kRequestUnreadable = "REQUEST_UNREADABLE";
inline constexpr absl::string_view kFrameInvalid = "FRAME_INVALID";
inline constexpr absl::string_view kMaterialUnknown = "MATERIAL_UNKNOWN";
inline constexpr absl::string_view kDetectorUnknown = "DETECTOR_UNKNOWN";
inline constexpr absl::string_view kAnalyzeQueueFull = "ANALYZE_QUEUE_FULL";
inline constexpr absl::string_view kDetectorFailed = "DETECTOR_FAILED";
inline constexpr absl::string_view kResultLost = "RESULT_LOST";
inline constexpr absl::string_view kResultNotFound = "RESULT_NOT_FOUND";
inline constexpr absl::string_view kFrameNotFound = "FRAME_NOT_FOUND";
inline constexpr absl::string_view kFrameDamaged = "FRAME_DAMAGED";
inline constexpr absl::string_view kFrameUnreadable = "FRAME_UNREADABLE";
inline constexpr absl::string_view kTooManyReads = "TOO_MANY_READS";
inline constexpr absl::string_view kPreviewSizeInvalid = "PREVIEW_SIZE_INVALID";
inline constexpr absl::string_view kSteeringInvalid = "STEERING_INVALID";
inline constexpr absl::string_view kIndexOutOfRange = "INDEX_OUT_OF_RANGE";
inline constexpr absl::string_view kSettingsChanged = "SETTINGS_CHANGED";
inline constexpr absl::string_view kKeyMissing = "KEY_MISSING";
inline constexpr absl::string_view kPageSizeInvalid = "PAGE_SIZE_INVALID";
inline constexpr absl::string_view kPageTokenInvalid = "PAGE_TOKEN_INVALID";
inline constexpr absl::string_view kFilterInvalid = "FILTER_INVALID";
inline constexpr absl::string_view kResultDamaged = "RESULT_DAMAGED";
inline constexpr absl::string_view kSubscriptionInvalid = "SUBSCRIPTION_INVALID";
inline constexpr absl::string_view kTooManySubscribers = "TOO_MANY_SUBSCRIBERS";
inline constexpr absl::string_view kEpochUnknown = "EPOCH_UNKNOWN";
inline constexpr absl::string_view kResultNotKept = "RESULT_NOT_KEPT";
inline constexpr absl::string_view kStoreUnavailable = "STORE_UNAVAILABLE";
inline constexpr absl::string_view kConfigurationInvalid = "CONFIGURATION_INVALID";
inline constexpr absl::string_view kRestartNeeded = "RESTART_NEEDED";
inline constexpr absl::string_view kTooManyReloads = "TOO_MANY_RELOADS";
inline constexpr absl::string_view kShuttingDown = "SHUTTING_DOWN";
inline constexpr absl::string_view kCancelled = "CANCELLED";

// The wire form of `error` (not OK). The ErrorInfo's metadata holds `field` and `value` when the
// message names them ("<field> = <value>: why"), and what is in the status's payloads whose names
// begin with "atomstream/". `retry_after` finite: a google.rpc.RetryInfo says
// that the same call may pass then; RESOURCE_EXHAUSTED has one in any case, but where waiting is no
// use (REQUEST_TOO_LARGE, DOSE_EXHAUSTED).
grpc::Status ToGrpcStatus(const absl::Status& error, absl::string_view reason,
                          absl::Duration retry_after = absl::InfiniteDuration());
// With `metadata` besides.
grpc::Status ToGrpcStatus(const absl::Status& error, absl::string_view reason,
                          const std::map<std::string, std::string>& metadata);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_ERROR_H_
