#include "server/log/line_limiter.h"

#include <utility>

namespace atomstream {

absl::string_view KindOf(absl::string_view message) {
  return message.substr(0, message.find_first_of("0123456789=:(\"'"));
}

bool LineLimiter::IsOver(const Kind& kind, absl::Time now) {
  return now < kind.period_begin || now - kind.period_begin >= kPeriod;
}

std::optional<int64_t> LineLimiter::Admit(absl::string_view kind, absl::Time now) {
  if (max_lines_ == 0) return 0;
  const std::string name(kind);
  auto found = kinds_.find(name);
  if (found == kinds_.end()) {
    if (kinds_.size() < kMaxKinds) {
      found = kinds_.emplace(name, Kind{now}).first;
    } else {
      found = kinds_.emplace("", Kind{now}).first;
    }
  }
  Kind& of = found->second;
  if (IsOver(of, now)) {
    of.period_begin = now;
    of.told = 0;
  }
  if (of.told >= max_lines_) {
    ++of.unsaid;
    return std::nullopt;
  }
  ++of.told;
  return std::exchange(of.unsaid, 0);
}

std::vector<LineLimiter::Unsaid> LineLimiter::TakeUnsaid(absl::Time now) {
  std::vector<Unsaid> result;
  for (auto it = kinds_.begin(); it != kinds_.end();) {
    if (!IsOver(it->second, now)) {
      ++it;
      continue;
    }
    if (it->second.unsaid > 0) result.push_back({it->first, it->second.unsaid});
    it = kinds_.erase(it);
  }
  return result;
}

}  // namespace atomstream
