// LogOptions: every setting of the daemon's log. Plain data.
#ifndef ATOMSTREAM_SERVER_LOG_LOG_OPTIONS_H_
#define ATOMSTREAM_SERVER_LOG_LOG_OPTIONS_H_

#include "server/log/event_log.h"
#include "server/log/log_line.h"

namespace atomstream {

struct LogOptions {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;
  int max_lines_per_kind = 20;  // in LineLimiter::kPeriod; 0: no limit

  bool operator==(const LogOptions&) const = default;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_LOG_OPTIONS_H_
