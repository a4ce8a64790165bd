#include "client/cpp/subscription_end.h"

#include "gmock/gmock.h"
#include "tests/client/stream/stream_messages.h"

namespace atomstream {
namespace {

using Kind = SubscriptionEnd::Kind;
using ::testing::HasSubstr;

TEST(JudgeEndTest, ALostLinkIsNoEnd) {
  for (const absl::Status& status :
       {absl::UnavailableError("connection refused"), absl::InternalError("RST_STREAM"),
        absl::UnknownError("Stream removed"), absl::AbortedError(""),
        absl::DeadlineExceededError("")}) {
    EXPECT_EQ(JudgeEnd(status, At("e", 3)).kind, Kind::kLost) << status;
  }
}

TEST(JudgeEndTest, WhatTheDaemonSaysWithAReasonStays) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::PERMISSION_DENIED,
        grpc::StatusCode::UNAUTHENTICATED, grpc::StatusCode::NOT_FOUND, grpc::StatusCode::INTERNAL,
        grpc::StatusCode::ABORTED, grpc::StatusCode::DATA_LOSS, grpc::StatusCode::UNIMPLEMENTED}) {
    const SubscriptionEnd end = JudgeEnd(DaemonError(code, "WHY"), At("e", 3));
    EXPECT_EQ(end.kind, Kind::kFinal) << code;
    EXPECT_EQ(ErrorReason(end.status), "WHY");
  }
}

TEST(JudgeEndTest, ALimitWithRetryInfoPassesAndOneWithoutDoesNot) {
  const SubscriptionEnd busy = JudgeEnd(DaemonError(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                                    "RATE_LIMITED", {}, absl::Milliseconds(2500)),
                                        std::nullopt);
  EXPECT_EQ(busy.kind, Kind::kBusy);
  EXPECT_EQ(busy.wait, absl::Milliseconds(2500));
  // A message larger than this client takes.
  EXPECT_EQ(JudgeEnd(absl::ResourceExhaustedError("too large"), At("e", 3)).kind, Kind::kFinal);
}

TEST(JudgeEndTest, OutOfRangeTellsAnotherEpochFromResultsThatAreGone) {
  const SubscriptionEnd epoch = JudgeEnd(OutOfRange("new", 1, 9), At("old", 3));
  EXPECT_EQ(epoch.kind, Kind::kEpochChanged);
  EXPECT_EQ(epoch.epoch, "new");
  const SubscriptionEnd gone = JudgeEnd(OutOfRange("e", 7, 9), At("e", 3));
  EXPECT_EQ(gone.kind, Kind::kNotKept);
  EXPECT_EQ(gone.last_gone, 6);
  const SubscriptionEnd all_gone = JudgeEnd(OutOfRange("e", 0, 9), At("e", 3));
  EXPECT_EQ(all_gone.kind, Kind::kNotKept);
  EXPECT_EQ(all_gone.last_gone, 9);
}

TEST(JudgeEndTest, AHistoryThatBecameShorterIsALossOfData) {
  const SubscriptionEnd end = JudgeEnd(OutOfRange("e", 1, 5), At("e", 8));
  EXPECT_EQ(end.kind, Kind::kFinal);
  EXPECT_EQ(end.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(end.status.message()), HasSubstr("is 5 after 8 had arrived"));
}

TEST(JudgeEndTest, AnOutOfRangeThatMakesNoSenseIsFinal) {
  // What was asked for is there; nobody asked; numbers are missing.
  EXPECT_EQ(JudgeEnd(OutOfRange("e", 4, 9), At("e", 3)).kind, Kind::kFinal);
  EXPECT_EQ(JudgeEnd(OutOfRange("e", 4, 9), std::nullopt).kind, Kind::kFinal);
  EXPECT_EQ(
      JudgeEnd(DaemonError(grpc::StatusCode::OUT_OF_RANGE, "WHY", {{"epoch", "e"}}), At("e", 3))
          .kind,
      Kind::kFinal);
}

}  // namespace
}  // namespace atomstream
