#include "core/base/status_macros.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/base/executor.h"

namespace atomstream {
namespace {

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

absl::Status CheckEven(int value, bool* reached_end) {
  RETURN_IF_ERROR(Half(value).status());
  *reached_end = true;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, AssignOrReturnGivesTheValueOrTheStatus) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(Quarter(3).status(), absl::InvalidArgumentError("odd"));
}

TEST(StatusMacrosTest, ReturnIfErrorStopsAtTheFirstError) {
  bool reached_end = false;
  EXPECT_EQ(CheckEven(3, &reached_end), absl::InvalidArgumentError("odd"));
  EXPECT_FALSE(reached_end);
  EXPECT_TRUE(CheckEven(4, &reached_end).ok());
  EXPECT_TRUE(reached_end);
}

TEST(CatchToStatusTest, ExceptionBecomesInternalWithItsText) {
  const absl::Status status =
      CatchToStatus("reading", []() -> absl::Status { throw std::runtime_error("disk on fire"); });
  EXPECT_EQ(status, absl::InternalError("reading: disk on fire"));
}

TEST(CatchToStatusTest, UnknownExceptionBecomesInternal) {
  const absl::StatusOr<int> result =
      CatchToStatus("reading", []() -> absl::StatusOr<int> { throw 7; });
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
}

TEST(CatchToStatusTest, ResultPassesThrough) {
  EXPECT_EQ(*CatchToStatus("x", [] { return Half(8); }), 4);
}

TEST(InlineExecutorTest, RunsInOrderOnTheCallingThread) {
  InlineExecutor executor;
  std::string order;
  executor.ParallelFor(3, [&](int i) { order += std::to_string(i); });
  EXPECT_EQ(order, "012");
  EXPECT_EQ(executor.concurrency(), 1);
}

}  // namespace
}  // namespace atomstream
