// What a channel without a connection says of it, over sockets on loopback.
#include "client/cpp/channel.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/analysis.grpc.pb.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

// Dials again until the failure has come about; only a test that fails reaches it.
constexpr absl::Duration kPatience = absl::Seconds(20);

// A port of loopback that is taken, where nobody listens.
class DeafPort {
 public:
  DeafPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    number_ = ntohs(address.sin_port);
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  ~DeafPort() { close(socket_); }

  int number() const { return number_; }

 private:
  const int socket_;
  int number_ = 0;
};

std::shared_ptr<grpc::Channel> Dial(int port) {
  auto channel = MakeChannel({.address = absl::StrCat("127.0.0.1:", port), .security = {}});
  EXPECT_TRUE(channel.ok()) << channel.status();
  return *std::move(channel);
}

TEST(WhyNotConnectedTest, SaysThatNobodyListensAsOftenAsItIsAsked) {
  const DeafPort port;
  const auto channel = Dial(port.number());
  for (int i = 0; i < 2; ++i) {
    const absl::Time deadline = absl::Now() + kPatience;
    std::string why;
    while (why.empty() && absl::Now() < deadline) {
      EXPECT_FALSE(WaitUntilConnected(*channel, absl::Milliseconds(20)));
      why = WhyNotConnected(*channel);
    }
    EXPECT_THAT(why, HasSubstr("Connection refused"));
  }
}

TEST(WhyNotConnectedTest, SaysNothingBeforeAnybodyHasDialledAndDoesNotDial) {
  const DeafPort port;
  const auto channel = Dial(port.number());
  EXPECT_EQ(WhyNotConnected(*channel), "");
  EXPECT_EQ(channel->GetState(/*try_to_connect=*/false), GRPC_CHANNEL_IDLE);
}

TEST(WhyNotConnectedTest, SaysNothingOfAConnectionThatIsThere) {
  v1::Analysis::Service service;  // a server without any would not listen
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto channel = Dial(port);
  ASSERT_TRUE(WaitUntilConnected(*channel, kPatience));
  EXPECT_EQ(WhyNotConnected(*channel), "");
}

}  // namespace
}  // namespace atomstream
