// Scrape: what a Prometheus server would be given.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_SCRAPE_H_
#define ATOMSTREAM_TESTS_INTEGRATION_SCRAPE_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace atomstream {

// The body of http://127.0.0.1:<port>/metrics, or what went wrong.
inline std::string Scrape(int port) {
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(connection);
    return "cannot connect";
  }
  const std::string request = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
  EXPECT_EQ(write(connection, request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = read(connection, buffer, sizeof(buffer))) > 0;)
    answer.append(buffer, got);
  close(connection);
  const size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? answer : answer.substr(body + 4);
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_SCRAPE_H_
