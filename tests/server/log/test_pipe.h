// TestPipe: a pipe whose reading end the test empties when it wants to.
#ifndef ATOMSTREAM_TESTS_SERVER_LOG_TEST_PIPE_H_
#define ATOMSTREAM_TESTS_SERVER_LOG_TEST_PIPE_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <string>

namespace atomstream {

class TestPipe {
 public:
  TestPipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    read_ = ends[0];
    write_ = ends[1];
  }
  ~TestPipe() {
    CloseReader();
    close(write_);
  }
  TestPipe(const TestPipe&) = delete;
  TestPipe& operator=(const TestPipe&) = delete;

  int writer() const { return write_; }

  void CloseReader() {
    if (read_ >= 0) close(read_);
    read_ = -1;
  }

  // Waits for `text` and gives everything that was read so far.
  std::string ReadUntil(const std::string& text) {
    char buffer[4096];
    while (text_.find(text) == std::string::npos) {
      const ssize_t got = read(read_, buffer, sizeof(buffer));
      if (got <= 0) break;
      text_.append(buffer, static_cast<size_t>(got));
    }
    return text_;
  }

  // Fills the pipe, so that whoever writes next would wait.
  size_t Fill() {
    const int flags = fcntl(write_, F_GETFL);
    fcntl(write_, F_SETFL, flags | O_NONBLOCK);
    const std::string block(4096, '.');
    size_t filled = 0;
    for (ssize_t n; (n = write(write_, block.data(), block.size())) > 0;) {
      filled += static_cast<size_t>(n);
    }
    fcntl(write_, F_SETFL, flags);
    return filled;
  }

 private:
  int read_ = -1;
  int write_ = -1;
  std::string text_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_LOG_TEST_PIPE_H_
