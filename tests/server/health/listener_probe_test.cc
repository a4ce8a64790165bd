#include "server/health/listener_probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

// A port whose connections the test takes, or leaves to the kernel.
class Port {
 public:
  Port() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
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
      ListenerProbe::Create("127.0.0.1:0", port_.number(), &clock_);
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

TEST_F(ListenerProbeTest, AListenerThatIsGoneIsSilent) {
  AnswerOne();
  port_.Close();
  LookAfter(absl::Seconds(4));  // refused
  EXPECT_EQ(LookAfter(absl::Seconds(10)), absl::Seconds(10));
  EXPECT_EQ(LookAfter(absl::Seconds(10)), absl::Seconds(20));
}

TEST_F(ListenerProbeTest, SilenceBeforeTheFirstAnswerSaysNothing) {
  for (int second = 0; second < 60; ++second) {
    EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  }
}

TEST_F(ListenerProbeTest, WithoutADescriptorNothingIsKnown) {
  AnswerOne();
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Duration silent = LookAfter(absl::Seconds(60));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(silent, absl::ZeroDuration());
  EXPECT_EQ(LookAfter(absl::Seconds(1)), absl::ZeroDuration());
  EXPECT_TRUE(port_.HasConnection());
}

TEST(ListenerProbeAddressTest, AllAddressesAreTriedByLoopback) {
  const FakeClock clock;
  Port port;
  for (const char* address : {"0.0.0.0:0", "localhost:0", "127.0.0.1:0"}) {
    const auto probe = ListenerProbe::Create(address, port.number(), &clock);
    ASSERT_NE(probe, nullptr) << address;
    probe->Look();
    EXPECT_TRUE(port.HasConnection()) << address;
    port.Answer();
  }
}

TEST(ListenerProbeAddressTest, WhatCannotBeConnectedToIsNotTried) {
  const FakeClock clock;
  EXPECT_EQ(ListenerProbe::Create("unix:/run/socket", 0, &clock), nullptr);
  EXPECT_EQ(ListenerProbe::Create("no such host:1", 1, &clock), nullptr);
}

}  // namespace
}  // namespace atomstream
