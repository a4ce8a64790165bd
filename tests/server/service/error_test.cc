#include "server/service/error.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/security/call_gate.h"
#include "server/targeting/refusal.h"

namespace atomstream {
namespace {

std::optional<absl::Duration> RetryDelay(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&retry)) {
      return absl::Seconds(retry.retry_delay().seconds()) +
             absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return std::nullopt;
}

TEST(ErrorTest, ResourceExhaustedSaysWhenToCallAgain) {
  const absl::Status full = absl::ResourceExhaustedError("full");
  for (const absl::string_view reason :
       {kAnalyzeQueueFull, kTooManySubscribers, kTooManyReads, kVisitQueueFull, kTooManySelections,
        kTooManySites, absl::string_view("A_REASON_OF_TOMORROW")}) {
    const std::optional<absl::Duration> delay = RetryDelay(ToGrpcStatus(full, reason));
    ASSERT_TRUE(delay) << reason;
    EXPECT_GT(*delay, absl::ZeroDuration()) << reason;
    EXPECT_LE(*delay, absl::Seconds(10)) << reason;
  }
  EXPECT_EQ(RetryDelay(ToGrpcStatus(full, kRateLimited, absl::Milliseconds(1500))),
            absl::Milliseconds(1500));
}

TEST(ErrorTest, WhereWaitingIsNoUseNothingIsSaidOfIt) {
  const absl::Status much = absl::ResourceExhaustedError("too much");
  EXPECT_FALSE(RetryDelay(ToGrpcStatus(much, kRequestTooLarge)));
  EXPECT_FALSE(RetryDelay(ToGrpcStatus(much, kDoseExhausted)));
  EXPECT_FALSE(RetryDelay(ToGrpcStatus(absl::NotFoundError("gone"), kFrameNotFound)));
}

}  // namespace
}  // namespace atomstream
