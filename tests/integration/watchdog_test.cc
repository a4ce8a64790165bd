// What a service manager hears of the daemon: that it serves, and whether its pipeline gets on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>

#include "server/notify/service_notifier.h"
#include "tests/fakes/fake_service_manager.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// A worker that is wedged on its second frame until the gate opens.
class WedgedDaemonTest : public testing::Test {
 protected:
  WedgedDaemonTest()
      : notifier_({.socket = manager_.path(), .watched = true, .watchdog_limit = absl::Seconds(10)},
                  &clock_, &log_),
        harness_(Options()) {}
  ~WedgedDaemonTest() override { gate_.Open(); }

  HarnessOptions Options() {
    HarnessOptions options;
    options.daemon.health.pipeline_stall = absl::Seconds(1);
    options.detect = [this](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
      if (frame.metadata().number == 2) gate_.Pass();
      LogStarResult result;
      result.front.push_back({.qc = 0, .er = 0, .params = {}});
      result.chosen = 0;
      return result;
    };
    // As main does it.
    options.operations.on_health = [this](const HealthReport& report) {
      const ComponentHealth* stuck = report.stuck();
      notifier_.Report(stuck == nullptr, stuck == nullptr ? "" : stuck->detail);
      ++checks_;
      checks_.notify_all();
    };
    return options;
  }

  void WaitForChecks(int count) {
    const int until = checks_ + count;
    for (int now = checks_; now < until; now = checks_) checks_.wait(now);
  }

  Gate gate_;
  FakeServiceManager manager_;
  const SteadyClock clock_;
  SilentLog log_;
  ServiceNotifier notifier_;
  std::atomic<int> checks_ = 0;
  DaemonHarness harness_;
};

TEST_F(WedgedDaemonTest, GivesNoSignOfLifeUntilItGetsOn) {
  grpc::ClientContext context;
  const auto reader = harness_.Subscribe(&context);
  v1::FrameResult result;
  harness_.source().Give(MakeFrame(1));
  ASSERT_TRUE(ReadResult(*reader, &result));
  // Idle by right: nothing to do is no reason to be started anew.
  manager_.Messages();
  WaitForChecks(3);
  EXPECT_THAT(manager_.Messages(), Contains("WATCHDOG=1"));

  harness_.source().Give(MakeFrame(2));
  gate_.WaitForArrivals(1);
  EXPECT_THAT(manager_.WaitFor("STATUS=stands still"), HasSubstr("frames wait"));
  WaitForChecks(3);
  EXPECT_THAT(manager_.Messages(), Not(Contains(HasSubstr("WATCHDOG=1"))));

  gate_.Open();
  ASSERT_TRUE(ReadResult(*reader, &result));
  EXPECT_NE(manager_.WaitFor("WATCHDOG=1"), "");
  context.TryCancel();
}

TEST(AtomstreamdTest, TellsItsServiceManagerAboutItsLife) {
  FakeServiceManager manager;
  const std::string path =
      WriteConfig("watched.textproto",
                  "listen_address: \"127.0.0.1:0\" metrics_address: \"\" source { none {} }\n");
  setenv("NOTIFY_SOCKET", manager.path().c_str(), 1);
  setenv("WATCHDOG_USEC", "10000000", 1);
  unsetenv("WATCHDOG_PID");
  DaemonProcess daemon({"--config=" + path});
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");

  EXPECT_THAT(manager.WaitFor("READY=1"), HasSubstr("STATUS=serving"));
  EXPECT_TRUE(daemon.ReadUntil("listening on"));
  EXPECT_EQ(manager.WaitFor("WATCHDOG=1"), "WATCHDOG=1");
  daemon.Signal(SIGHUP);
  EXPECT_THAT(manager.WaitFor("RELOADING=1"), HasSubstr("MONOTONIC_USEC="));
  EXPECT_THAT(manager.WaitFor("READY=1"), HasSubstr("STATUS=serving"));
  daemon.Signal(SIGTERM);
  EXPECT_THAT(manager.WaitFor("STOPPING=1"), HasSubstr("EXTEND_TIMEOUT_USEC="));
  EXPECT_EQ(daemon.ExitCode(), 0);
  EXPECT_THAT(manager.Messages(), Not(Contains(HasSubstr("WATCHDOG=1"))));
}

}  // namespace
}  // namespace atomstream
