// What the operating system says about this process, for the metrics that every Prometheus client
// has. Any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_PROCESS_USAGE_H_
#define ATOMSTREAM_SERVER_METRICS_PROCESS_USAGE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace atomstream {

struct ProcessUsage {
  double cpu_seconds = 0;  // of all threads, user and system together
  int64_t virtual_bytes = 0;
  int64_t resident_bytes = 0;
  int64_t threads = 0;
  int64_t open_files = 0;  // connections included
  int64_t max_files = 0;   // negative: no limit
};

// Unavailable: there is no /proc, or not what is expected in it.
absl::StatusOr<ProcessUsage> ReadProcessUsage();

// When the process started. To be asked once: reckoned from two clocks, it is not the same to the
// microsecond each time.
absl::StatusOr<absl::Time> ReadProcessStart();

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_PROCESS_USAGE_H_
