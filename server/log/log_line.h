// LogLine: one line of the daemon's log as text, for people, or as a JSON object, for programs.
// Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_LOG_LOG_LINE_H_
#define ATOMSTREAM_SERVER_LOG_LOG_LINE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/log/event_log.h"

namespace atomstream {

enum class LogFormat { kText, kJson };

struct LogLine {
  absl::Time time;
  LogLevel level = LogLevel::kInfo;
  absl::string_view message;
  LogFields fields = {};
  int64_t suppressed = 0;  // lines of this kind since the one before, which were not told
};

// With its end of line, and no other one inside: whatever a message quotes, no line of somebody
// else's looks like one of ours.
//   2026-11-23T09:50:12.123456Z WARNING frame refused: … [component=source frame_id=f7]
//   {"time":"2026-11-23T09:50:12.123456Z","level":"warning","message":"frame refused: …",…}
std::string FormatLine(LogFormat format, const LogLine& line);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_LOG_LINE_H_
