#include "server/record/source_loss.h"

#include <array>

#include "absl/strings/cord.h"
#include "absl/types/optional.h"

namespace atomstream {
namespace {

constexpr absl::string_view kPayload = "atomstream/source_loss";

constexpr std::array<LossReason, 6> kReasons = {LossReason::kUnreachable, LossReason::kBroken,
                                                LossReason::kEnded,       LossReason::kRefused,
                                                LossReason::kInvalid,     LossReason::kOther};

}  // namespace

absl::string_view LossReasonName(LossReason reason) {
  switch (reason) {
    case LossReason::kUnreachable:
      return "unreachable";
    case LossReason::kBroken:
      return "broken";
    case LossReason::kEnded:
      return "ended";
    case LossReason::kRefused:
      return "refused";
    case LossReason::kInvalid:
      return "invalid";
    case LossReason::kOther:
      break;
  }
  return "other";
}

absl::Status SourceLost(LossReason reason, absl::string_view message) {
  absl::Status status = absl::UnavailableError(message);
  status.SetPayload(kPayload, absl::Cord(LossReasonName(reason)));
  return status;
}

LossReason LossReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kPayload);
  if (!name) return LossReason::kOther;
  for (const LossReason reason : kReasons) {
    if (*name == LossReasonName(reason)) return reason;
  }
  return LossReason::kOther;
}

LossReason LossReasonOfStream(const absl::Status& end, bool began) {
  switch (end.code()) {
    case absl::StatusCode::kOk:
      return LossReason::kEnded;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return LossReason::kRefused;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnimplemented:
      return LossReason::kInvalid;
    case absl::StatusCode::kUnavailable:
      return began ? LossReason::kBroken : LossReason::kUnreachable;
    default:
      return began ? LossReason::kBroken : LossReason::kOther;
  }
}

}  // namespace atomstream
