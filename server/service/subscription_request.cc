#include "server/service/subscription_request.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::Duration kMinHeartbeatInterval = absl::Milliseconds(100);
constexpr absl::Duration kMaxHeartbeatInterval = absl::Hours(1);

absl::StatusOr<DeliveryPolicy> PolicyOf(v1::DeliveryPolicy policy) {
  switch (policy) {
    case v1::DELIVERY_POLICY_UNSPECIFIED:
    case v1::DELIVERY_POLICY_LATEST:
      return DeliveryPolicy::kLatest;
    case v1::DELIVERY_POLICY_QUEUE:
      return DeliveryPolicy::kQueue;
    case v1::DELIVERY_POLICY_LOSSLESS:
      return DeliveryPolicy::kLossless;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("policy = ", static_cast<int>(policy), ": is not known"));
  }
}

absl::StatusOr<absl::Duration> IntervalOf(const google::protobuf::Duration& proto) {
  // Outside these the sum below is not exact; the message shows what was sent.
  const bool sane = proto.seconds() >= 0 && proto.seconds() <= 3600 && proto.nanos() >= 0 &&
                    proto.nanos() < 1'000'000'000;
  const absl::Duration interval = absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
  if (!sane || interval < kMinHeartbeatInterval || interval > kMaxHeartbeatInterval) {
    return absl::InvalidArgumentError(
        absl::StrCat("heartbeat_interval = ", absl::FormatDuration(interval),
                     ": must be between 0.1 s and 1 h"));
  }
  return interval;
}

}  // namespace

absl::StatusOr<SubscriptionRequest> SubscriptionRequestOf(const v1::SubscribeRequest& request) {
  SubscriptionRequest result;
  result.heartbeat_interval = kDefaultHeartbeatInterval;
  ASSIGN_OR_RETURN(result.feed.subscription.policy, PolicyOf(request.policy()));
  if (request.queue_size() != 0) result.feed.subscription.queue_size = request.queue_size();
  if (request.has_resume_after()) {
    result.feed.resume_after =
        ResultPosition{request.resume_after().epoch(), request.resume_after().sequence()};
  }
  if (request.has_heartbeat_interval()) {
    ASSIGN_OR_RETURN(result.heartbeat_interval, IntervalOf(request.heartbeat_interval()));
  }
  return result;
}

}  // namespace atomstream
