// Backoff: how long to wait before the next attempt. Grows from `initial` to `max` by doubling,
// with jitter so that many daemons do not knock at the same moment. Not thread-safe.
#ifndef ATOMSTREAM_CORE_BASE_BACKOFF_H_
#define ATOMSTREAM_CORE_BASE_BACKOFF_H_

#include <functional>

#include "absl/time/time.h"

namespace atomstream {

struct BackoffOptions {
  absl::Duration initial = absl::Milliseconds(100);
  absl::Duration max = absl::Seconds(10);
  double jitter = 0.2;  // each wait is scaled by a factor from [1 - jitter, 1]
};

class Backoff {
 public:
  // `random` gives numbers in [0, 1).
  Backoff(const BackoffOptions& options, std::function<double()> random);

  absl::Duration Next();
  void Reset() { current_ = options_.initial; }

 private:
  const BackoffOptions options_;
  const std::function<double()> random_;
  absl::Duration current_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_BACKOFF_H_
