// LineLimiter: lets so many lines of one kind pass in a while and counts the rest, so that neither
// a source that is wrong for ever nor a client that calls in vain can fill the disk.
//
// Times are given, so that it needs no clock. Not thread-safe: its owner has the lock. Memory is
// bounded: beyond kMaxKinds the kinds that are new share one place.
#ifndef ATOMSTREAM_SERVER_LOG_LINE_LIMITER_H_
#define ATOMSTREAM_SERVER_LOG_LINE_LIMITER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace atomstream {

// What is the same about lines that differ in their values: the message up to its first digit,
// '=', ':', '(' or quotation mark.
absl::string_view KindOf(absl::string_view message);

class LineLimiter {
 public:
  static constexpr absl::Duration kPeriod = absl::Seconds(10);
  static constexpr size_t kMaxKinds = 256;

  // `max_lines` in a period; 0: no limit.
  explicit LineLimiter(int max_lines) : max_lines_(max_lines) {}
  void set_max_lines(int max_lines) { max_lines_ = max_lines; }

  // nullopt: the line is not to be told. Otherwise how many of its kind were not, and have not been
  // spoken of.
  std::optional<int64_t> Admit(absl::string_view kind, absl::Time now);

  struct Unsaid {
    std::string kind;
    int64_t lines = 0;
  };
  // Of the kinds whose period is over, and which no later line spoke of. Forgets them.
  std::vector<Unsaid> TakeUnsaid(absl::Time now);

  size_t kinds() const { return kinds_.size(); }

 private:
  struct Kind {
    absl::Time period_begin;
    int told = 0;
    int64_t unsaid = 0;
  };
  // Also when it has not begun yet: somebody has set the clock back, perhaps by hours.
  static bool IsOver(const Kind& kind, absl::Time now);

  int max_lines_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_LINE_LIMITER_H_
