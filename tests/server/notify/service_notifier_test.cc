#include "server/notify/service_notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_service_manager.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Lines final : public EventLog {
 public:
  void Info(absl::string_view message) override { lines.emplace_back(message); }
  void Warning(absl::string_view message) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

class ServiceNotifierTest : public testing::Test {
 protected:
  NotifyOptions Watched() {
    return {.socket = manager_.path(), .watched = true, .watchdog_limit = absl::Seconds(10)};
  }

  FakeServiceManager manager_;
  FakeClock clock_;
  Lines log_;
};

TEST_F(ServiceNotifierTest, TellsReadyReloadingAndStopping) {
  ServiceNotifier notifier(Watched(), &clock_, &log_);
  notifier.Ready("serving\non a port");
  EXPECT_THAT(manager_.Messages(), ElementsAre("READY=1\nSTATUS=serving on a port"));
  notifier.Reloading();
  const std::string now =
      std::to_string(absl::ToInt64Microseconds(clock_.Now() - absl::UnixEpoch()));
  EXPECT_THAT(manager_.Messages(),
              ElementsAre(StartsWith("RELOADING=1\nMONOTONIC_USEC=" + now + "\n")));
  notifier.Stopping(absl::Seconds(12));
  EXPECT_THAT(manager_.Messages(),
              ElementsAre(StartsWith("STOPPING=1\nEXTEND_TIMEOUT_USEC=12000000\n")));
}

TEST_F(ServiceNotifierTest, IsAliveAsLongAsThePipelineGetsOn) {
  ServiceNotifier notifier(Watched(), &clock_, &log_);
  notifier.Report(true, "");
  notifier.Report(true, "");
  EXPECT_THAT(manager_.Messages(), ElementsAre("WATCHDOG=1", "WATCHDOG=1"));
  EXPECT_THAT(log_.lines, IsEmpty());
}

TEST_F(ServiceNotifierTest, GivesNoSignOfLifeOfAPipelineThatStandsStill) {
  ServiceNotifier notifier(Watched(), &clock_, &log_);
  notifier.Ready("serving");
  notifier.Report(true, "");
  manager_.Messages();
  for (int i = 0; i < 20; ++i) notifier.Report(false, "frames wait,\nnothing was done");
  EXPECT_THAT(manager_.Messages(),
              ElementsAre("STATUS=stands still: frames wait, nothing was done"));
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("stands still: frames wait")));
  notifier.Report(true, "");
  EXPECT_THAT(manager_.Messages(), ElementsAre("WATCHDOG=1\nSTATUS=serving"));
  EXPECT_THAT(log_.lines, ElementsAre(testing::_, HasSubstr("gets on again")));
}

TEST_F(ServiceNotifierTest, GivesNoSignOfLifeToAManagerThatWantsNone) {
  ServiceNotifier notifier({.socket = manager_.path()}, &clock_, &log_);
  notifier.Report(true, "");
  EXPECT_THAT(manager_.Messages(), IsEmpty());
}

TEST_F(ServiceNotifierTest, GivesNoSignOfLifeWhileItStops) {
  ServiceNotifier notifier(Watched(), &clock_, &log_);
  notifier.Stopping(absl::Seconds(1));
  manager_.Messages();
  notifier.Report(true, "");
  notifier.Report(false, "draining");
  EXPECT_THAT(manager_.Messages(), IsEmpty());
  EXPECT_THAT(log_.lines, IsEmpty());
}

TEST_F(ServiceNotifierTest, SaysOnceThatTheManagerCannotBeReached) {
  manager_.Stop();
  ServiceNotifier notifier(Watched(), &clock_, &log_);
  notifier.Ready("");
  notifier.Report(true, "");
  notifier.Report(true, "");
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("NOTIFY_SOCKET = " + manager_.path())));
}

TEST_F(ServiceNotifierTest, WarnsOfAWatchdogThatIsTooShort) {
  ServiceNotifier({.socket = manager_.path(), .watched = true, .watchdog_limit = absl::Seconds(2)},
                  &clock_, &log_);
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("WATCHDOG_USEC = 2000000")));
}

TEST_F(ServiceNotifierTest, RefusesWhatIsNoSocket) {
  ServiceNotifier notifier({.socket = "relative/path"}, &clock_, &log_);
  notifier.Ready("");
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("must be a path or an abstract name")));
}

TEST_F(ServiceNotifierTest, ReachesAnAbstractSocket) {
  const int socket_end = socket(AF_UNIX, SOCK_DGRAM, 0);
  // The kernel chooses a name, which begins with a zero byte, when there is none.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_EQ(bind(socket_end, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
  socklen_t length = sizeof(address);
  ASSERT_EQ(getsockname(socket_end, reinterpret_cast<sockaddr*>(&address), &length), 0);
  std::string name(address.sun_path, length - offsetof(sockaddr_un, sun_path));
  name[0] = '@';
  ServiceNotifier notifier({.socket = name}, &clock_, &log_);
  notifier.Ready("x");
  char buffer[64];
  const ssize_t got = recv(socket_end, buffer, sizeof(buffer), MSG_DONTWAIT);
  close(socket_end);
  EXPECT_THAT(log_.lines, IsEmpty());
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(buffer, got), "READY=1\nSTATUS=x");
}

TEST(NotifyOptionsTest, SaysNothingWithoutAManager) {
  const NotifyOptions options =
      NotifyOptionsFromEnvironment([](const char*) -> const char* { return nullptr; }, 7);
  EXPECT_EQ(options.socket, "");
  EXPECT_FALSE(options.watched);
  Lines log;
  const FakeClock clock;
  ServiceNotifier notifier(options, &clock, &log);
  notifier.Ready("");
  notifier.Report(true, "");
  notifier.Report(false, "wedged");
  EXPECT_THAT(log.lines, IsEmpty());
}

NotifyOptions From(std::map<std::string, std::string> environment) {
  return NotifyOptionsFromEnvironment(
      [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
      },
      7);
}

TEST(NotifyOptionsTest, ReadsWhatTheManagerWants) {
  const NotifyOptions options =
      From({{"NOTIFY_SOCKET", "/run/x"}, {"WATCHDOG_USEC", "10000000"}, {"WATCHDOG_PID", "7"}});
  EXPECT_EQ(options.socket, "/run/x");
  EXPECT_TRUE(options.watched);
  EXPECT_EQ(options.watchdog_limit, absl::Seconds(10));
}

TEST(NotifyOptionsTest, IsNotWatchedInAnothersPlaceOrWithoutALimit) {
  EXPECT_FALSE(From({{"NOTIFY_SOCKET", "/x"}}).watched);
  EXPECT_FALSE(From({{"NOTIFY_SOCKET", "/x"}, {"WATCHDOG_USEC", "soon"}}).watched);
  EXPECT_FALSE(From({{"NOTIFY_SOCKET", "/x"}, {"WATCHDOG_USEC", "0"}}).watched);
  EXPECT_FALSE(
      From({{"NOTIFY_SOCKET", "/x"}, {"WATCHDOG_USEC", "5"}, {"WATCHDOG_PID", "8"}}).watched);
}

}  // namespace
}  // namespace atomstream
