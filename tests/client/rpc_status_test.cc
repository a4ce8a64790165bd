#include "client/cpp/rpc_status.h"

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace atomstream {
namespace {

TEST(RpcStatusTest, KeepsCodeAndMessage) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such frame"));
  EXPECT_EQ(status, absl::NotFoundError("no such frame"));
  EXPECT_EQ(ErrorReason(status), "");
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(RpcStatusTest, WritesTheReasonAndItsMetadataBehindTheMessage) {
  google::rpc::ErrorInfo info;
  info.set_reason("FRAME_INVALID");
  info.set_domain("atomstream");
  (*info.mutable_metadata())["value"] = "9000";
  (*info.mutable_metadata())["field"] = "width_px";
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  const absl::Status status = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "too wide", details.SerializeAsString()));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "too wide [FRAME_INVALID field=width_px value=9000]");
  EXPECT_EQ(ErrorReason(status), "FRAME_INVALID");
  EXPECT_EQ(ErrorMetadata(status, "field"), "width_px");
  EXPECT_EQ(ErrorMetadata(status, "fiend"), "");
  EXPECT_FALSE(RetryDelay(status));
}

TEST(RpcStatusTest, KeepsWhenToCallAgain) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  google::rpc::Status details;
  details.add_details()->PackFrom(retry);
  const auto delay = [&details] {
    return RetryDelay(FromGrpcStatus(
        grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy", details.SerializeAsString())));
  };
  EXPECT_EQ(delay(), absl::Milliseconds(2500));
  retry.mutable_retry_delay()->set_seconds(-5);
  details.mutable_details(0)->PackFrom(retry);
  EXPECT_EQ(delay(), absl::ZeroDuration());
}

TEST(RpcStatusTest, KeepsWhichCallItWasAlsoUnderAnotherMessage) {
  google::rpc::ErrorInfo info;
  info.set_reason("FRAME_NOT_FOUND");
  google::rpc::RequestInfo request;
  request.set_request_id("r-1");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(request);
  const absl::Status status = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::NOT_FOUND, "no such frame", details.SerializeAsString()));
  EXPECT_EQ(status.message(), "no such frame [FRAME_NOT_FOUND]");
  EXPECT_EQ(ErrorRequestId(status), "r-1");
  const absl::Status told = WithMessage(status, "a.npy[0]: no such frame");
  EXPECT_EQ(told.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(told.message(), "a.npy[0]: no such frame");
  EXPECT_EQ(ErrorRequestId(told), "r-1");
  EXPECT_EQ(ErrorReason(told), "FRAME_NOT_FOUND");
  EXPECT_EQ(ErrorRequestId(absl::NotFoundError("ours")), "");
}

TEST(RpcStatusTest, IgnoresDetailsThatItCannotRead) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "broken", "\xff\xff not a message"));
  EXPECT_EQ(status, absl::InternalError("broken"));
}

}  // namespace
}  // namespace atomstream
