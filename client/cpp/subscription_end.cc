#include "client/cpp/subscription_end.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/rpc_status.h"

namespace atomstream {
namespace {

// An OUT_OF_RANGE names what the daemon has.
SubscriptionEnd JudgeRange(SubscriptionEnd end, const v1::ResultPosition& position) {
  int64_t oldest = 0, newest = 0;
  const std::string epoch = ErrorMetadata(end.status, "epoch");
  if (epoch.empty() || !absl::SimpleAtoi(ErrorMetadata(end.status, "oldest"), &oldest) ||
      !absl::SimpleAtoi(ErrorMetadata(end.status, "newest"), &newest)) {
    return end;
  }
  end.epoch = epoch;
  if (epoch != position.epoch() && !position.epoch().empty()) {
    end.kind = SubscriptionEnd::Kind::kEpochChanged;
    return end;
  }
  // Oldest 0: none is kept.
  const int64_t last_gone = oldest > 0 ? oldest - 1 : newest;
  if (last_gone > position.sequence()) {
    end.kind = SubscriptionEnd::Kind::kNotKept;
    end.last_gone = last_gone;
  } else if (position.sequence() > newest) {
    // Numbers that were published once must never be given to others.
    end.status =
        absl::DataLossError(absl::StrCat("the newest result of epoch ", epoch, " is ", newest,
                                         " after ", position.sequence(), " had arrived"));
  }
  return end;
}

}  // namespace

SubscriptionEnd JudgeEnd(const absl::Status& status,
                         const std::optional<v1::ResultPosition>& position) {
  SubscriptionEnd end;
  end.status = status;
  const std::optional<absl::Duration> retry = RetryDelay(status);
  const bool from_daemon = !ErrorReason(status).empty();
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      end.kind = SubscriptionEnd::Kind::kLost;
      if (retry) {
        end.kind = SubscriptionEnd::Kind::kBusy;
        end.wait = *retry;
      }
      break;
    // What gRPC makes of a connection that breaks in an unusual way. The daemon gives a reason.
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
      if (!from_daemon) end.kind = SubscriptionEnd::Kind::kLost;
      break;
    // Without RetryInfo it is a message larger than this client takes, which would come again.
    case absl::StatusCode::kResourceExhausted:
      if (retry) {
        end.kind = SubscriptionEnd::Kind::kBusy;
        end.wait = *retry;
      }
      break;
    case absl::StatusCode::kOutOfRange:
      if (position) return JudgeRange(end, *position);
      break;
    default:
      break;
  }
  return end;
}

}  // namespace atomstream
