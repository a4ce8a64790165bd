#include "server/log/stream_log.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

namespace atomstream {

StreamLog::StreamLog(int fd, const LogOptions& options, const Clock* clock, bool to_journal)
    : clock_(*clock),
      to_journal_(to_journal),
      options_(options),
      limiter_(options.max_lines_per_kind),
      writer_(fd, [this](int64_t lost) {
        LogFormat format;
        {
          MutexLock lock(&mutex_);
          format = options_.format;
        }
        return Text(format,
                    {.time = clock_.Now(),
                     .level = LogLevel::kWarning,
                     .message = absl::StrCat(
                         lost, " lines were lost: nobody took them in time, or the disk was full"),
                     .fields = {.component = "log"}});
      }) {}

void StreamLog::Write(LogLevel level, absl::string_view message, const LogFields& fields) {
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);  // lines in the order of their times
  if (level < options_.level && !fields.always) return;
  int64_t unsaid = 0;
  if (!fields.always) {
    const std::optional<int64_t> admitted =
        limiter_.Admit(fields.kind.empty() ? KindOf(message) : fields.kind, now);
    if (!admitted) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    unsaid = *admitted;
  }
  writer_.Write(Text(options_.format, {now, level, message, fields, unsaid}));
}

void StreamLog::SetOptions(const LogOptions& options) {
  MutexLock lock(&mutex_);
  options_ = options;
  limiter_.set_max_lines(options.max_lines_per_kind);
}

void StreamLog::TellSuppressed() {
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);
  for (const LineLimiter::Unsaid& unsaid : limiter_.TakeUnsaid(now)) {
    writer_.Write(
        Text(options_.format, {.time = now,
                               .level = LogLevel::kWarning,
                               .message = absl::StrCat(unsaid.lines, " more lines like \"",
                                                       unsaid.kind, "…\" were left out"),
                               .fields = {.component = "log"}}));
  }
}

std::string StreamLog::Text(LogFormat format, const LogLine& line) const {
  std::string text = FormatLine(format, line);
  return to_journal_ ? absl::StrCat(line.level == LogLevel::kInfo ? "<6>" : "<4>", text) : text;
}

LogCounts StreamLog::counts() const {
  return {writer_.lost(), suppressed_.load(std::memory_order_relaxed)};
}

}  // namespace atomstream
