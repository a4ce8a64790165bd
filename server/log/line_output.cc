#include "server/log/line_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

constexpr int kAnew = O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

bool HasMode(int fd, mode_t mode) {
  struct stat about;
  return fstat(fd, &about) == 0 && (about.st_mode & S_IFMT) == mode;
}

bool SameTerminal(int a, int b) {
  unsigned int of_a = 0, of_b = 0;
  return ioctl(a, TIOCGDEV, &of_a) == 0 && ioctl(b, TIOCGDEV, &of_b) == 0 && of_a == of_b;
}

// -1: it cannot be, or need not.
int OpenAnew(int fd) {
  const std::string path = absl::StrCat("/proc/self/fd/", fd);
  if (HasMode(fd, S_IFIFO)) return open(path.c_str(), kAnew);
  if (isatty(fd) == 0) return -1;
  // The second is for who became another user after logging in.
  for (const char* name : {path.c_str(), "/dev/tty"}) {
    const int own = open(name, kAnew);
    if (own < 0) continue;
    if (SameTerminal(own, fd)) return own;
    close(own);
  }
  return -1;
}

}  // namespace

LineOutput::LineOutput(int fd) : own_(OpenAnew(fd)), fd_(own_ >= 0 ? own_ : fd) {
  is_socket_ = HasMode(fd_, S_IFSOCK);
  never_waits_ = own_ >= 0 || is_socket_;
  // A pipe that poll() calls writable takes so much without waiting; a terminal takes a byte.
  chunk_ = never_waits_ || isatty(fd_) == 0 ? PIPE_BUF : 1;
}

LineOutput::~LineOutput() {
  if (own_ >= 0) close(own_);
}

bool LineOutput::WaitForRoom(int timeout_ms) const {
  pollfd ready{fd_, POLLOUT, 0};
  return poll(&ready, 1, timeout_ms) > 0;
}

ssize_t LineOutput::Write(absl::string_view text) const {
  const size_t size = std::min(chunk_, text.size());
  if (is_socket_) return send(fd_, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  return write(fd_, text.data(), size);
}

}  // namespace atomstream
