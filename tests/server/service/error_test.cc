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

TEST(ErrorTest, CarriesOneErrorInfoWithFieldAndValue) {
  const grpc::Status status =
      ToGrpcStatus(absl::InvalidArgumentError("width_px = 0: must be in [8, 4096]"), kFrameInvalid);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "width_px = 0: must be in [8, 4096]");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "FRAME_INVALID");
  EXPECT_EQ(info.domain(), "atomstream");
  EXPECT_EQ(info.metadata().at("field"), "width_px");
  EXPECT_EQ(info.metadata().at("value"), "0");
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
