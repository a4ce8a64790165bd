// LineWriter: writes lines to a file descriptor, on a thread of its own, so that nobody who writes
// a line waits for whoever reads it: a pipe that nobody empties, a terminal that was stopped, a
// slow disk.
//
// Owned by a log. Write may be called by any thread; the rest by the owner. Invariants: lines come
// whole and in order; what waits is bounded, and lines beyond are dropped and counted, as are those
// that the descriptor refuses. The thread
// never waits in write() (see LineOutput): a descriptor that takes nothing is asked again and
// again, so that the end of the process does not wait for it either. The descriptor's flags stay as
// they are: it is shared with other processes.
#ifndef ATOMSTREAM_SERVER_LOG_LINE_WRITER_H_
#define ATOMSTREAM_SERVER_LOG_LINE_WRITER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/mutex.h"
#include "server/log/line_output.h"

namespace atomstream {

class LineWriter {
 public:
  static constexpr size_t kMaxLines = 4096;
  static constexpr size_t kMaxBytes = 1 << 20;

  // `fd` stays open, and the caller's. `describe_lost`: the line that tells of so many lost ones.
  LineWriter(int fd, std::function<std::string(int64_t)> describe_lost);
  // What waits is written for `kFarewell` at most.
  ~LineWriter();

  static constexpr absl::Duration kFarewell = absl::Milliseconds(500);

  // A whole line. Never waits. False: it was dropped.
  bool Write(std::string line);

  // Waits until everything that was given before is written. False: `deadline` passed.
  bool Flush(absl::Time deadline);

  int64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  enum class Outcome {
    kWritten,
    kFailed,  // the disk is full, or nobody reads any more
    kGivenUp  // the end has come, and the descriptor takes nothing
  };

  void Run();
  Outcome WriteOut(absl::string_view line);
  bool GivesUp();

  const LineOutput output_;
  const std::function<std::string(int64_t)> describe_lost_;
  std::atomic<int64_t> lost_{0};

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time give_up_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  int64_t told_lost_ = 0;     // these two: writer thread
  bool line_broken_ = false;  // the last line has no end, for the descriptor took a part of it
  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_LINE_WRITER_H_
