// LineOutput: writes to a file descriptor without ever waiting for whoever reads it, where the
// system allows it.
//
// Terminals and pipes are opened anew, without waiting: the descriptor itself is shared with other
// processes, which a flag set on it would surprise. Sockets need no flag. What is left writes
// little at a time, once poll() says that there is room: files, which do not wait for readers, and
// terminals and pipes of another user, which cannot be opened again and might, in theory, wait.
//
// Owned by a LineWriter. One thread.
#ifndef ATOMSTREAM_SERVER_LOG_LINE_OUTPUT_H_
#define ATOMSTREAM_SERVER_LOG_LINE_OUTPUT_H_

#include <sys/types.h>

#include "absl/strings/string_view.h"

namespace atomstream {

class LineOutput {
 public:
  // `fd` stays open, and the caller's.
  explicit LineOutput(int fd);
  ~LineOutput();
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  // Waits until it takes something, `timeout_ms` at most. False: it did not.
  bool WaitForRoom(int timeout_ms) const;

  // Bytes that were taken, perhaps fewer than given; else -1 and errno, EAGAIN if there is no room.
  ssize_t Write(absl::string_view text) const;

  // False: Write might wait.
  bool never_waits() const { return never_waits_; }

 private:
  const int own_;  // opened anew; -1: nothing was
  const int fd_;   // `own_`, or what was given
  bool is_socket_ = false;
  bool never_waits_ = false;
  size_t chunk_ = 0;  // taken at a time
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_LINE_OUTPUT_H_
