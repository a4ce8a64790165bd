// CpuClock: the processor time that the calling thread has used. With it times and time budgets of
// one thread's work do not depend on what else the machine does.
#ifndef ATOMSTREAM_TESTS_BENCH_CPU_CLOCK_H_
#define ATOMSTREAM_TESTS_BENCH_CPU_CLOCK_H_

#include <time.h>

#include "absl/time/time.h"
#include "core/base/clock.h"

namespace atomstream::bench {

class CpuClock final : public Clock {
 public:
  CpuClock() {}
  absl::Time Now() const override {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return absl::TimeFromTimespec(used);
  }
};

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_CPU_CLOCK_H_
