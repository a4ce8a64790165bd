// EventLog: where the daemon's parts tell an operator what happened. Passed in, so that the parts
// that are tested without any logging library need none. Implementations are thread-safe, and
// never wait for whoever reads the log.
#ifndef ATOMSTREAM_SERVER_LOG_EVENT_LOG_H_
#define ATOMSTREAM_SERVER_LOG_EVENT_LOG_H_

#include <cstdint>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace atomstream {

enum class LogLevel { kInfo, kWarning };

// Something more that a line tells. Names are ours: letters and underscores, with the unit.
struct LogField {
  absl::string_view name;
  std::variant<absl::string_view, int64_t, double> value;  // an empty text is left out
};

// What a line is about, where that is known.
struct LogFields {
  absl::string_view component = {};  // part of the daemon, "source", "store", …
  absl::string_view frame_id = {};
  absl::string_view request_id = {};  // of the call that caused it
  // What counts as the same for the limit on lines; empty: the message up to its first value.
  absl::string_view kind = {};
  bool always = false;  // no limit: the line must be told
  absl::Span<const LogField> more = {};
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  virtual void Info(absl::string_view message) = 0;
  virtual void Warning(absl::string_view message) = 0;

  // Logs that know no fields leave them out.
  virtual void Write(LogLevel level, absl::string_view message, const LogFields& fields) {
    (void)fields;
    level == LogLevel::kInfo ? Info(message) : Warning(message);
  }
};

// Says nothing.
class SilentLog final : public EventLog {
 public:
  void Info(absl::string_view) override {}
  void Warning(absl::string_view) override {}
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_EVENT_LOG_H_
