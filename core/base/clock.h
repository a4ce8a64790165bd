// Clock: the time, passed in so that tests decide it. Thread-safe.
#ifndef ATOMSTREAM_CORE_BASE_CLOCK_H_
#define ATOMSTREAM_CORE_BASE_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace atomstream {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_CLOCK_H_
