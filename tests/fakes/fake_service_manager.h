// FakeServiceManager: the other end of the notification socket, in a folder of its own. One thread.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_SERVICE_MANAGER_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_SERVICE_MANAGER_H_

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace atomstream {

class FakeServiceManager {
 public:
  FakeServiceManager() {
    folder_ = testing::TempDir() + "/notify-XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/socket";
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    // A test that waits in vain fails instead of hanging.
    timeval limit{.tv_sec = 60, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~FakeServiceManager() {
    Stop();
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  FakeServiceManager(const FakeServiceManager&) = delete;
  FakeServiceManager& operator=(const FakeServiceManager&) = delete;

  const std::string& path() const { return path_; }

  void Stop() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  // What has arrived; a datagram is there when its sender's call has returned.
  std::vector<std::string> Messages() {
    std::vector<std::string> messages;
    std::string message;
    while (Receive(MSG_DONTWAIT, &message)) messages.push_back(message);
    return messages;
  }

  // The next message that begins so; those before are thrown away. Empty: none came.
  std::string WaitFor(const std::string& beginning) {
    std::string message;
    while (Receive(0, &message)) {
      if (message.compare(0, beginning.size(), beginning) == 0) return message;
    }
    return "";
  }

  // The next message of those that come within `limit`; empty: none did.
  std::string Next(absl::Duration limit) {
    pollfd wait = {socket_, POLLIN, 0};
    std::string message;
    if (poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) == 1) {
      Receive(MSG_DONTWAIT, &message);
    }
    return message;
  }

 private:
  bool Receive(int flags, std::string* message) {
    char buffer[4096];
    ssize_t got = 0;
    do {
      got = recv(socket_, buffer, sizeof(buffer), flags);
    } while (got < 0 && errno == EINTR);  // a test that was stopped and goes on
    if (got < 0) return false;
    message->assign(buffer, got);
    return true;
  }

  std::string folder_;
  std::string path_;
  int socket_ = -1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_SERVICE_MANAGER_H_
