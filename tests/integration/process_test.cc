// atomstreamd as a process: exit codes, and what a signal does to it.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

TEST(AtomstreamdTest, ABadConfigurationExitsWithTwoAndNamesTheField) {
  const std::string path = WriteConfig(
      "bad.textproto", "pipeline { frames_in_flight: 0 } listen_address: \"127.0.0.1:0\"");
  DaemonProcess daemon({"--config=" + path});
  EXPECT_EQ(daemon.ExitCode(), 2);
  EXPECT_THAT(daemon.output(), HasSubstr(path + ":1:12: pipeline.frames_in_flight = 0: "));
  EXPECT_THAT(daemon.output(), testing::Not(HasSubstr("listening")));
}

TEST(AtomstreamdTest, AMissingReplayExitsWithTwo) {
  const std::string path = WriteConfig("replay.textproto",
                                       "listen_address: \"127.0.0.1:0\" metrics_address: \"\" "
                                       "source { replay { path: \"/nonexistent/frames\" } }");
  DaemonProcess daemon({"--config=" + path});
  EXPECT_EQ(daemon.ExitCode(), 2);
  EXPECT_THAT(daemon.output(), HasSubstr("/nonexistent/frames"));
}

TEST(AtomstreamdTest, ABadFlagExitsWithTwo) {
  DaemonProcess daemon({"--port=1"});
  EXPECT_EQ(daemon.ExitCode(), 2);
  EXPECT_THAT(daemon.output(), HasSubstr("--port=1"));
}

TEST(AtomstreamdTest, TheExamplesValidate) {
#ifndef ATOMSTREAM_WITH_TORCH
  GTEST_SKIP() << "the examples run the U-Net, which this build is without";
#endif
  for (const char* name : {"atomstreamd", "standalone"}) {
    DaemonProcess daemon(
        {absl::StrCat("--config=", CONFIG_FOLDER, "/", name, ".textproto"), "--validate_only"});
    EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
  }
}

TEST(AtomstreamdTest, AMissingModelExitsWithTwoAlsoWhenOnlyValidating) {
  const std::string path = WriteConfig("model.textproto",
                                       "listen_address: \"127.0.0.1:0\" metrics_address: \"\" unet "
                                       "{ model: \"/nonexistent/model\" }");
  for (const bool validate_only : {false, true}) {
    std::vector<std::string> arguments = {"--config=" + path};
    if (validate_only) arguments.emplace_back("--validate_only");
    DaemonProcess daemon(arguments);
    EXPECT_EQ(daemon.ExitCode(), 2);
    EXPECT_THAT(daemon.output(), HasSubstr("unet.model = /nonexistent/model: "));
    EXPECT_THAT(daemon.output(), testing::Not(HasSubstr("listening")));
  }
}

// It would end the process if nobody took it.
TEST(AtomstreamdTest, SighupWithAnUnchangedFileIsToldAndChangesNothing) {
  const std::string path =
      WriteConfig("hup.textproto", "listen_address: \"127.0.0.1:0\" metrics_address: \"\"");
  DaemonProcess daemon({"--config=" + path});
  ASSERT_FALSE(daemon.ReadPort().empty()) << daemon.output();
  daemon.Signal(SIGHUP);
  EXPECT_TRUE(daemon.ReadUntil("nothing changed"));
  daemon.Signal(SIGTERM);
  EXPECT_EQ(daemon.ExitCode(), 0);
}

TEST(AtomstreamdTest, SighupWhileItShutsDownDoesNotEndItAtOnce) {
  const std::string path = WriteConfig(
      "hup_late.textproto", "listen_address: \"127.0.0.1:0\" metrics_address: \"127.0.0.1:0\"");
  DaemonProcess daemon({"--config=" + path});
  ASSERT_FALSE(daemon.ReadPort().empty()) << daemon.output();
  daemon.Signal(SIGTERM);
  ASSERT_TRUE(daemon.ReadUntil("shutting down")) << daemon.output();
  daemon.Signal(SIGHUP);
  EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
  EXPECT_THAT(daemon.output(), HasSubstr("stopped"));
}

TEST(AtomstreamdTest, SaysItsVersion) {
  DaemonProcess daemon({"--version"});
  EXPECT_EQ(daemon.ExitCode(), 0);
  EXPECT_THAT(daemon.output(), HasSubstr("atomstreamd "));
}

class SignalTest : public testing::TestWithParam<int> {};

TEST_P(SignalTest, StopsTheDaemonWithinTenSecondsAlthoughASubscriberIsIdle) {
  const std::string path = WriteConfig(
      "signal.textproto", "listen_address: \"127.0.0.1:0\" metrics_address: \"127.0.0.1:0\"");
  DaemonProcess daemon({"--config=" + path});
  const std::string port = daemon.ReadPort();
  ASSERT_FALSE(port.empty()) << daemon.output();

  const auto stub = v1::Analysis::NewStub(
      grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto reader = stub->Subscribe(&context, {});
  v1::SubscribeResponse response;
  ASSERT_TRUE(reader->Read(&response));

  const absl::Time start = absl::Now();
  daemon.Signal(GetParam());
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));  // issue 2, point 4
}

INSTANTIATE_TEST_SUITE_P(Signals, SignalTest, testing::Values(SIGTERM, SIGINT));

}  // namespace
}  // namespace atomstream
