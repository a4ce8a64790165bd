#include "server/run_stats.h"

#include <algorithm>
#include <vector>

namespace atomstream {

void RunStats::AddResult(absl::Time now, absl::Duration latency) {
  MutexLock lock(&mutex_);
  times_.push_back(now);
  while (times_.size() > kMaxTimes || times_.front() <= now - kRatePeriod) times_.pop_front();
  latencies_.push_back(latency);
  if (latencies_.size() > kLatencies) latencies_.pop_front();
}

double RunStats::ResultsPerSecond(absl::Time now) const {
  MutexLock lock(&mutex_);
  const auto first = std::upper_bound(times_.begin(), times_.end(), now - kRatePeriod);
  const auto results = static_cast<double>(times_.end() - first);
  // When the list was cut short, it covers less than the period.
  if (times_.size() < kMaxTimes || first == times_.end())
    return results / absl::ToDoubleSeconds(kRatePeriod);
  const absl::Duration covered = std::max(now - *first, absl::Milliseconds(1));
  return results / absl::ToDoubleSeconds(covered);
}

absl::Duration RunStats::LatencyP50() const {
  std::vector<absl::Duration> sorted;
  {
    MutexLock lock(&mutex_);
    sorted.assign(latencies_.begin(), latencies_.end());
  }
  if (sorted.empty()) return absl::ZeroDuration();
  const auto middle = sorted.begin() + sorted.size() / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

}  // namespace atomstream
