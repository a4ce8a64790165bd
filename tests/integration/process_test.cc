// atomstreamd as a process: exit codes, and what a signal does to it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/analysis.grpc.pb.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

// A running atomstreamd whose output the test reads. Killed, if still there, when the test ends.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    arguments.insert(arguments.begin(), ATOMSTREAMD);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_end_ = ends[0];
  }

  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_end_);
  }

  void Signal(int signal) { kill(pid_, signal); }

  // Reads until the output contains `text` or ends; true if it contains it.
  bool ReadUntil(const std::string& text) {
    char buffer[1024];
    while (output_.find(text) == std::string::npos) {
      const ssize_t got = read(output_end_, buffer, sizeof(buffer));
      if (got <= 0) return false;
      output_.append(buffer, static_cast<size_t>(got));
    }
    return true;
  }

  // Reads to the end of the output and waits for the end of the process.
  int ExitCode() {
    ReadUntil(std::string(1, '\0'));
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string& output() const { return output_; }

 private:
  pid_t pid_ = -1;
  int output_end_ = -1;
  std::string output_;
};

std::string WriteConfig(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

TEST(AtomstreamdTest, ABadConfigurationExitsWithTwoAndNamesTheField) {
  const std::string path = WriteConfig(
      "bad.textproto", "pipeline { frames_in_flight: 0 } listen_address: \"127.0.0.1:0\"");
  Process daemon({"--config=" + path});
  EXPECT_EQ(daemon.ExitCode(), 2);
  EXPECT_THAT(daemon.output(), HasSubstr(path + ": pipeline.frames_in_flight = 0: "));
  EXPECT_THAT(daemon.output(), testing::Not(HasSubstr("listening")));
}

TEST(AtomstreamdTest, AMissingReplayExitsWithTwo) {
  const std::string path = WriteConfig(
      "replay.textproto",
      "listen_address: \"127.0.0.1:0\" source { replay { path: \"/nonexistent/frames\" } }");
  Process daemon({"--config=" + path});
  EXPECT_EQ(daemon.ExitCode(), 2);
  EXPECT_THAT(daemon.output(), HasSubstr("/nonexistent/frames"));
}

TEST(AtomstreamdTest, ABadFlagExitsWithTwo) {
  Process daemon({"--port=1"});
  EXPECT_EQ(daemon.ExitCode(), 2);
  EXPECT_THAT(daemon.output(), HasSubstr("--port=1"));
}

TEST(AtomstreamdTest, TheExamplesValidate) {
  for (const char* name : {"atomstreamd", "standalone"}) {
    Process daemon(
        {absl::StrCat("--config=", CONFIG_FOLDER, "/", name, ".textproto"), "--validate_only"});
    EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
  }
}

TEST(AtomstreamdTest, SaysItsVersion) {
  Process daemon({"--version"});
  EXPECT_EQ(daemon.ExitCode(), 0);
  EXPECT_THAT(daemon.output(), HasSubstr("atomstreamd "));
}

class SignalTest : public testing::TestWithParam<int> {};

TEST_P(SignalTest, StopsTheDaemonWithinTenSecondsAlthoughASubscriberIsIdle) {
  const std::string path = WriteConfig(
      "signal.textproto", "listen_address: \"127.0.0.1:0\" metrics_address: \"127.0.0.1:0\"");
  Process daemon({"--config=" + path});
  ASSERT_TRUE(daemon.ReadUntil(")\n")) << daemon.output();
  const size_t at = daemon.output().find("(port ");
  ASSERT_NE(at, std::string::npos) << daemon.output();
  const std::string port = daemon.output().substr(at + 6, daemon.output().find(')', at) - at - 6);

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
