#include "server/health/listener_probe.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

// A port whose connections the test takes, or leaves to the kernel.
class Port {
 public:
  // As many connections wait as the kernel lets with this backlog, which is one more.
  explicit Port(int backlog = 8) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, backlog), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    number_ = ntohs(address.sin_port);
  }
  ~Port() { Close(); }

  int number() const { return number_; }

  // Takes the next connection, sees that the other side has hung up, and hangs up.
  void Answer() {
    const int connection = accept(socket_, nullptr, nullptr);
    ASSERT_GE(connection, 0);
    char byte = 0;
    EXPECT_EQ(recv(connection, &byte, 1, 0), 0);
    close(connection);
  }
  sockaddr_storage address() const {
    sockaddr_storage address = {};
    socklen_t length = sizeof(address);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    return address;
  }
  // A socket that connects to it; the caller closes it.
  int ConnectWithoutWaiting() const {
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sockaddr_storage target = address();
    connect(connection, reinterpret_cast<const sockaddr*>(&target), sizeof(sockaddr_in));
    return connection;
  }
  bool HasConnection() const {
    pollfd wait = {socket_, POLLIN, 0};
    return poll(&wait, 1, 0) == 1;
  }
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
  int number_ = 0;
};

struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() { close(number); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

bool IsConnected(int connection) {
  pollfd wait = {connection, POLLOUT, 0};
  return poll(&wait, 1, 0) == 1;
}

class ListenerProbeTest : public testing::Test {
 protected:
  absl::Duration LookAfter(absl::Duration pause) {
    clock_.Advance(pause);
    return probe_->Look();
  }

  // One connection is answered: from now on silence counts.
  void AnswerOne() {
    EXPECT_EQ(probe_->Look(), absl::ZeroDuration());
    port_.Answer();
    EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  }

  FakeClock clock_;
  Port port_;
  std::unique_ptr<ListenerProbe> probe_ =
      *ListenerProbe::Create("127.0.0.1:0", port_.number(), &clock_);
};

TEST_F(ListenerProbeTest, TriesEveryFiveSecondsAndIsContentWithAnAnswer) {
  AnswerOne();
  EXPECT_EQ(LookAfter(absl::Seconds(3)), absl::ZeroDuration());
  EXPECT_FALSE(port_.HasConnection());
  EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  EXPECT_TRUE(port_.HasConnection());
}

TEST_F(ListenerProbeTest, AListenerThatSleepsIsSilentThoughTheKernelConnects) {
  AnswerOne();
  for (int second = 0; second < 4; ++second) LookAfter(absl::Seconds(1));  // the next one is open
  for (int second = 1; second <= 30; ++second) {
    EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::Seconds(second));
  }
  // It wakes up, and finds all that was tried meanwhile.
  while (port_.HasConnection()) port_.Answer();
  EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
}

// The kernel passes over whoever wants to connect then, without a word.
TEST_F(ListenerProbeTest, AListenerWhoseQueueIsFullIsSilent) {
  Port full(/*backlog=*/0);
  probe_ = *ListenerProbe::Create("127.0.0.1:0", full.number(), &clock_);
  EXPECT_EQ(probe_->Look(), absl::ZeroDuration());
  full.Answer();
  EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  ASSERT_EQ(probe_->answers(), 1);
  const Descriptor crowd(full.ConnectWithoutWaiting());
  ASSERT_TRUE(IsConnected(crowd.number));
  const Descriptor late(full.ConnectWithoutWaiting());
  ASSERT_FALSE(IsConnected(late.number));
  for (int second = 0; second < 4; ++second) LookAfter(absl::Seconds(1));  // the next one is open
  for (int second = 1; second <= 120; ++second) {
    EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::Seconds(second));
  }
  EXPECT_EQ(probe_->answers(), 1);
  EXPECT_EQ(probe_->not_known(), "");
}

TEST_F(ListenerProbeTest, AListenerThatIsGoneIsSilent) {
  AnswerOne();
  port_.Close();
  LookAfter(absl::Seconds(4));  // refused
  EXPECT_EQ(LookAfter(absl::Seconds(10)), absl::Seconds(10));
  EXPECT_EQ(LookAfter(absl::Seconds(10)), absl::Seconds(20));
}

TEST_F(ListenerProbeTest, SilenceBeforeTheFirstAnswerSaysNothing) {
  for (int second = 0; second < 30; ++second) {  // as many as the queue holds
    EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  }
  EXPECT_EQ(probe_->not_known(), "no connection from here was answered yet");
  while (port_.HasConnection()) port_.Answer();
  EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  EXPECT_EQ(probe_->not_known(), "");
}

// A network that is reconfigured is no reason to end a daemon that works.
TEST_F(ListenerProbeTest, AFailureOfThisMachineSaysNothing) {
  for (const int error : {EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH, EPERM, EACCES, ENOBUFS}) {
    int failure = 0;
    Port port;
    probe_ = std::make_unique<ListenerProbe>(
        std::vector<sockaddr_storage>{port.address()}, &clock_,
        [&](int socket, const sockaddr* address, socklen_t length) {
          errno = failure;
          return failure == 0 ? connect(socket, address, length) : -1;
        });
    EXPECT_EQ(probe_->Look(), absl::ZeroDuration());
    port.Answer();
    EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
    LookAfter(absl::Seconds(4));  // not answered
    EXPECT_EQ(LookAfter(absl::Seconds(4)), absl::Seconds(4)) << error;
    failure = error;
    for (int second = 0; second < 60; ++second) {
      EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration()) << error;
    }
    EXPECT_THAT(probe_->not_known(), HasSubstr(std::strerror(error)));
    // Silence is counted anew when it can be tried again.
    failure = 0;
    LookAfter(absl::Seconds(5));
    EXPECT_EQ(LookAfter(absl::Seconds(3)), absl::Seconds(3)) << error;
    EXPECT_EQ(probe_->not_known(), "");
    failure = ECONNREFUSED;
    EXPECT_EQ(LookAfter(absl::Seconds(20)), absl::Seconds(23)) << error;
  }
}

TEST_F(ListenerProbeTest, WithoutADescriptorNothingIsKnown) {
  AnswerOne();
  LookAfter(absl::Seconds(4));  // not answered
  EXPECT_EQ(LookAfter(absl::Seconds(4)), absl::Seconds(4));
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Duration silent = LookAfter(absl::Seconds(60));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(silent, absl::ZeroDuration());
  EXPECT_THAT(probe_->not_known(), HasSubstr(std::strerror(EMFILE)));
  while (port_.HasConnection()) port_.Answer();
  EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  EXPECT_TRUE(port_.HasConnection());
}

TEST(ListenerProbeAddressTest, AllAddressesAreTriedByLoopback) {
  const FakeClock clock;
  Port port;
  for (const char* address : {"0.0.0.0:0", "localhost:0", "127.0.0.1:0"}) {
    const auto probe = ListenerProbe::Create(address, port.number(), &clock);
    ASSERT_TRUE(probe.ok()) << probe.status();
    (*probe)->Look();
    EXPECT_TRUE(port.HasConnection()) << address;
    port.Answer();
  }
}

TEST(ListenerProbeAddressTest, WhatCannotBeConnectedToIsNotTried) {
  const FakeClock clock;
  for (const char* address : {"unix:/run/socket", "no such host:1"}) {
    const auto probe = ListenerProbe::Create(address, 1, &clock);
    ASSERT_FALSE(probe.ok());
    EXPECT_THAT(std::string(probe.status().message()), HasSubstr(address));
  }
}

// As where "localhost" is ::1 first, and the daemon has 127.0.0.1 alone.
TEST(ListenerProbeAddressTest, TheAddressThatAnswersIsTheOneThatCounts) {
  FakeClock clock;
  Port port;
  sockaddr_storage other = port.address();
  reinterpret_cast<sockaddr_in&>(other).sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  ListenerProbe probe({other, port.address()}, &clock);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(probe.Look(), absl::ZeroDuration());
    ASSERT_TRUE(port.HasConnection()) << i;
    port.Answer();
    clock.Advance(absl::Seconds(1));
    EXPECT_EQ(probe.Look(), absl::ZeroDuration());
    EXPECT_EQ(probe.answers(), i);
    clock.Advance(absl::Seconds(4));
  }
  port.Close();
  probe.Look();
  clock.Advance(absl::Seconds(20));
  EXPECT_EQ(probe.Look(), absl::Seconds(20));
}

}  // namespace
}  // namespace atomstream
