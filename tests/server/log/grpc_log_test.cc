#include "server/log/grpc_log.h"

#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

class KeptLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { lines.push_back(absl::StrCat("I ", message)); }
  void Warning(absl::string_view message) override { lines.push_back(absl::StrCat("W ", message)); }
  void Write(LogLevel level, absl::string_view message, const LogFields& fields) override {
    EventLog::Write(level, message, fields);
    kinds.push_back(std::string(fields.kind));
  }
  std::vector<std::string> lines, kinds;
};

TEST(GrpcLogTest, WhatGrpcSaysIsALineOfOurLogForAsLongAsItLives) {
  KeptLog log;
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);  // as gRPC sets it when it starts
  {
    const GrpcLog grpc(&log);
    gpr_log("there.cc", 7, GPR_LOG_SEVERITY_ERROR, "Handshake failed: %d", 1);
    gpr_log("there.cc", 9, GPR_LOG_SEVERITY_ERROR, "another");
  }
  gpr_log("there.cc", 7, GPR_LOG_SEVERITY_ERROR, "not told");
  EXPECT_EQ(log.lines,
            (std::vector<std::string>{"W grpc: Handshake failed: 1", "W grpc: another"}));
  // What is one kind for the limit on lines is the place, whatever the values.
  EXPECT_EQ(log.kinds, (std::vector<std::string>{"grpc there.cc:7", "grpc there.cc:9"}));
}

}  // namespace
}  // namespace atomstream
