// LineLog: keeps every line as the daemon would write it as text, without its time:
// "WARNING message [component=… frame_id=…]". No limits. Thread-safe.
#ifndef ATOMSTREAM_TESTS_FAKES_LINE_LOG_H_
#define ATOMSTREAM_TESTS_FAKES_LINE_LOG_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/base/mutex.h"
#include "server/log/event_log.h"
#include "server/log/log_line.h"

namespace atomstream {

class LineLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { Write(LogLevel::kInfo, message, {}); }
  void Warning(absl::string_view message) override { Write(LogLevel::kWarning, message, {}); }
  void Write(LogLevel level, absl::string_view message, const LogFields& fields) override {
    std::string line = FormatLine(LogFormat::kText, {absl::UnixEpoch(), level, message, fields});
    line.pop_back();                    // its end
    line.erase(0, line.find(' ') + 1);  // its time
    MutexLock lock(&mutex_);
    lines_.push_back(std::move(line));
    changed_.NotifyAll();
  }

  std::vector<std::string> lines() const {
    MutexLock lock(&mutex_);
    return lines_;
  }

  // Those with `part`, of which there will be `count`: waits for them.
  std::vector<std::string> WaitFor(absl::string_view part, size_t count) {
    MutexLock lock(&mutex_);
    while (true) {
      std::vector<std::string> found;
      std::copy_if(lines_.begin(), lines_.end(), std::back_inserter(found),
                   [part](const std::string& line) { return absl::StrContains(line, part); });
      if (found.size() >= count) return found;
      changed_.Wait(&mutex_);
    }
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_LINE_LOG_H_
