#include "server/metrics/prometheus_exposer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "server/metrics/metric.h"

namespace atomstream {
namespace {

// More thread-local variables than fit on a stack of civetweb's choice (100 KiB), as with OpenBLAS.
thread_local std::array<char, size_t{256} << 10> much;

TEST(PrometheusExposerTest, ServesHoweverManyThreadLocalVariablesTheLibrariesHave) {
  much.front() = 1;  // or it would be left out
  const MetricRegistry registry;
  const auto exposer = PrometheusExposer::Start("127.0.0.1:0", &registry);
  ASSERT_TRUE(exposer.ok()) << exposer.status();
  EXPECT_GT((*exposer)->port(), 0);
  EXPECT_EQ(much.front(), 1);
}

int Connect(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return connection;
}

TEST(PrometheusExposerTest, AFewWhoConnectAndAskNothingKeepNobodyWaiting) {
  MetricRegistry registry;
  registry.AddCounter("atomstream_heartbeats_total")->Increment();
  const auto exposer = PrometheusExposer::Start("127.0.0.1:0", &registry);
  ASSERT_TRUE(exposer.ok()) << exposer.status();
  std::vector<int> idle;
  for (int i = 0; i < 4; ++i) idle.push_back(Connect((*exposer)->port()));
  const int asking = Connect((*exposer)->port());
  // A loaded machine needs milliseconds; the time of those who wait is over after 5 s at the
  // earliest.
  const timeval patience{.tv_sec = 4, .tv_usec = 0};
  setsockopt(asking, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  ASSERT_EQ(send(asking, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  char answer[13] = {};
  ASSERT_EQ(recv(asking, answer, sizeof(answer) - 1, MSG_WAITALL), 12);
  EXPECT_EQ(std::string(answer).substr(8), " 200");
  for (const int connection : idle) close(connection);
  close(asking);
}

}  // namespace
}  // namespace atomstream
