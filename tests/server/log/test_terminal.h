// TestTerminal: a terminal whose other side, the screen, is the test's.
#ifndef ATOMSTREAM_TESTS_SERVER_LOG_TEST_TERMINAL_H_
#define ATOMSTREAM_TESTS_SERVER_LOG_TEST_TERMINAL_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace atomstream {

class TestTerminal {
 public:
  TestTerminal() : screen_(posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(grantpt(screen_), 0);
    EXPECT_EQ(unlockpt(screen_), 0);
    char name[64] = "";
    EXPECT_EQ(ptsname_r(screen_, name, sizeof(name)), 0);
    terminal_ = open(name, O_RDWR | O_NOCTTY);
    EXPECT_GE(terminal_, 0);
  }
  ~TestTerminal() {
    close(terminal_);
    close(screen_);
  }
  TestTerminal(const TestTerminal&) = delete;
  TestTerminal& operator=(const TestTerminal&) = delete;

  int terminal() const { return terminal_; }
  int screen() const { return screen_; }

  // What the screen shows until `text` comes, that with it.
  std::string ReadUntil(const std::string& text) {
    std::string read_so_far;
    char byte = 0;
    while (read_so_far.size() < text.size() ||
           read_so_far.compare(read_so_far.size() - text.size(), text.size(), text) != 0) {
      if (read(screen_, &byte, 1) != 1) break;
      read_so_far += byte;
    }
    return read_so_far;
  }

  // Writes until there is no room for a byte.
  void Fill() const {
    const int flags = fcntl(terminal_, F_GETFL);
    fcntl(terminal_, F_SETFL, flags | O_NONBLOCK);
    const std::string block(4096, '.');
    for (size_t size = block.size(); size > 0;) {
      if (write(terminal_, block.data(), size) < 0) size /= 2;
    }
    fcntl(terminal_, F_SETFL, flags);
  }

 private:
  const int screen_;
  int terminal_ = -1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_LOG_TEST_TERMINAL_H_
