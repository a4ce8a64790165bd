// EventLog: where the daemon's parts tell an operator what happened. Passed in, so that the parts
// that are tested without any logging library need none. Implementations are thread-safe.
#ifndef ATOMSTREAM_SERVER_LOG_EVENT_LOG_H_
#define ATOMSTREAM_SERVER_LOG_EVENT_LOG_H_

#include "absl/strings/string_view.h"

namespace atomstream {

class EventLog {
 public:
  virtual ~EventLog() = default;
  virtual void Info(absl::string_view message) = 0;
  virtual void Warning(absl::string_view message) = 0;
};

// Says nothing.
class SilentLog final : public EventLog {
 public:
  void Info(absl::string_view) override {}
  void Warning(absl::string_view) override {}
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_EVENT_LOG_H_
