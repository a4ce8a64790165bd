// RunStats: how fast results come and how long frames take, over the recent past. Thread-safe;
// memory is bounded.
#ifndef ATOMSTREAM_SERVER_RUN_STATS_H_
#define ATOMSTREAM_SERVER_RUN_STATS_H_

#include <deque>

#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace atomstream {

class RunStats {
 public:
  static constexpr absl::Duration kRatePeriod = absl::Seconds(10);
  static constexpr size_t kLatencies = 256;  // the median is over so many results
  static constexpr size_t kMaxTimes =
      4096;  // above 409 results a second the rate counts these only

  void AddResult(absl::Time now, absl::Duration latency);

  double ResultsPerSecond(absl::Time now) const;  // over kRatePeriod
  absl::Duration LatencyP50() const;              // zero without results

 private:
  mutable Mutex mutex_;
  std::deque<absl::Time> times_ ABSL_GUARDED_BY(mutex_);
  std::deque<absl::Duration> latencies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RUN_STATS_H_
