// Refusal: why something was not done: a canonical code, a reason that programs can read, and a
// message for people. Plain data.
//
// Used instead of absl::Status where an answer crosses threads: the packaged Abseil counts a
// Status's references in code that ThreadSanitizer does not see, and gives false reports.
#ifndef ATOMSTREAM_SERVER_TARGETING_REFUSAL_H_
#define ATOMSTREAM_SERVER_TARGETING_REFUSAL_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

// The reasons; a caller may depend on them, so they never change. docs/api.md explains them.
inline constexpr absl::string_view kTargetingDisabled = "TARGETING_DISABLED";
inline constexpr absl::string_view kCriteriaInvalid = "CRITERIA_INVALID";
inline constexpr absl::string_view kNoLiveFrame = "NO_LIVE_FRAME";
inline constexpr absl::string_view kPixelSizeUnknown = "PIXEL_SIZE_UNKNOWN";
inline constexpr absl::string_view kTooManySelections = "TOO_MANY_SELECTIONS";
inline constexpr absl::string_view kTooManySites = "TOO_MANY_SITES";
inline constexpr absl::string_view kSelectionNotFound = "SELECTION_NOT_FOUND";
inline constexpr absl::string_view kTargetNotFound = "TARGET_NOT_FOUND";
inline constexpr absl::string_view kTargetWithdrawn = "TARGET_WITHDRAWN";
inline constexpr absl::string_view kTargetDoubtful = "TARGET_DOUBTFUL";
inline constexpr absl::string_view kTargetOutsideFrame = "TARGET_OUTSIDE_FRAME";
inline constexpr absl::string_view kEpochChanged = "EPOCH_CHANGED";
inline constexpr absl::string_view kFrameTooOld = "FRAME_TOO_OLD";
inline constexpr absl::string_view kVisitInvalid = "VISIT_INVALID";
inline constexpr absl::string_view kSiteHeld = "SITE_HELD";
inline constexpr absl::string_view kSiteVisited = "SITE_VISITED";
inline constexpr absl::string_view kDoseExhausted = "DOSE_EXHAUSTED";
inline constexpr absl::string_view kVisitQueueFull = "VISIT_QUEUE_FULL";
inline constexpr absl::string_view kVisitExpired = "VISIT_EXPIRED";
inline constexpr absl::string_view kVisitCancelled = "VISIT_CANCELLED";
inline constexpr absl::string_view kNoMicroscope = "NO_MICROSCOPE";
inline constexpr absl::string_view kBeamFailed = "BEAM_FAILED";
inline constexpr absl::string_view kBeamNotBlanked = "BEAM_NOT_BLANKED";
inline constexpr absl::string_view kVisitListInvalid = "VISIT_LIST_INVALID";
inline constexpr absl::string_view kTargetingShutDown = "SHUTTING_DOWN";

struct Refusal {
  absl::StatusCode code = absl::StatusCode::kOk;
  absl::string_view reason;  // one of those above
  std::string message;

  bool ok() const { return code == absl::StatusCode::kOk; }
  absl::Status status() const { return absl::Status(code, message); }
};

inline Refusal Refuse(absl::StatusCode code, absl::string_view reason, std::string message) {
  return {code, reason, std::move(message)};
}
// With the code and message of `status`.
inline Refusal Refuse(const absl::Status& status, absl::string_view reason) {
  return {status.code(), reason, std::string(status.message())};
}

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_REFUSAL_H_
