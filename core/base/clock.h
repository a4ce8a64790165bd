// Clock: the time, passed in so that tests decide it. Thread-safe.
//
// Two of them run beside each other: SystemClock says when something happened, and jumps when
// somebody sets the computer's clock; SteadyClock says how long something took, and never jumps.
#ifndef ATOMSTREAM_CORE_BASE_CLOCK_H_
#define ATOMSTREAM_CORE_BASE_CLOCK_H_

#include <chrono>

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
  SystemClock() {}  // spelled out, here and below, so that clang lets a const one be declared
  absl::Time Now() const override { return absl::Now(); }
};

// Its times mean nothing by themselves, only their differences do.
class SteadyClock final : public Clock {
 public:
  SteadyClock() {}
  absl::Time Now() const override {
    return absl::UnixEpoch() +
           absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_CLOCK_H_
