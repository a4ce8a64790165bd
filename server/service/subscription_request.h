// What a SubscribeRequest asks for, checked and free of protobuf. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_SUBSCRIPTION_REQUEST_H_
#define ATOMSTREAM_SERVER_SERVICE_SUBSCRIPTION_REQUEST_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "server/delivery/delivery_desk.h"

namespace atomstream {

struct SubscriptionRequest {
  FeedOptions feed;  // all detectors
  absl::Duration heartbeat_interval;
};

inline constexpr absl::Duration kDefaultHeartbeatInterval = absl::Seconds(5);

// InvalidArgument names the field and its value. (ResultHub and DeliveryDesk check the rest.)
absl::StatusOr<SubscriptionRequest> SubscriptionRequestOf(const v1::SubscribeRequest& request);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SUBSCRIPTION_REQUEST_H_
