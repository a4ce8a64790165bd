// StreamLog: the EventLog of the running daemon: lines on a file descriptor, as text or JSON,
// limited by kind, written by a thread of their own.
//
// Owned by main, outlives the daemon. Thread-safe. Options may be replaced at any time.
#ifndef ATOMSTREAM_SERVER_LOG_STREAM_LOG_H_
#define ATOMSTREAM_SERVER_LOG_STREAM_LOG_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/log/event_log.h"
#include "server/log/line_limiter.h"
#include "server/log/line_writer.h"
#include "server/log/log_line.h"
#include "server/log/log_options.h"

namespace atomstream {

// Of the lines so far.
struct LogCounts {
  int64_t lost = 0;        // nobody took them in time, or the disk was full
  int64_t suppressed = 0;  // there were too many of their kind
};

class StreamLog final : public EventLog {
 public:
  // The clock outlives the log; `fd` stays the caller's. `to_journal`: lines begin with their level
  // as systemd's journal reads it ("<4>"), which then can be asked for warnings only.
  StreamLog(int fd, const LogOptions& options, const Clock* clock, bool to_journal = false);

  void Info(absl::string_view message) override { Write(LogLevel::kInfo, message, {}); }
  void Warning(absl::string_view message) override { Write(LogLevel::kWarning, message, {}); }
  void Write(LogLevel level, absl::string_view message, const LogFields& fields) override;

  void SetOptions(const LogOptions& options);

  // Tells of what was suppressed and has not been spoken of since; to be called now and then.
  void TellSuppressed();

  LogCounts counts() const;

  // False: the deadline passed before all was written.
  bool Flush(absl::Time deadline) { return writer_.Flush(deadline); }

 private:
  std::string Text(LogFormat format, const LogLine& line) const;

  const Clock& clock_;
  const bool to_journal_;
  std::atomic<int64_t> suppressed_{0};

  Mutex mutex_;
  LogOptions options_ ABSL_GUARDED_BY(mutex_);
  LineLimiter limiter_ ABSL_GUARDED_BY(mutex_);
  LineWriter writer_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_STREAM_LOG_H_
