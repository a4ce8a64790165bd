// BenchDaemon: a whole daemon in a process of its own, with a source that gives a frame at a fixed
// rate and a detector that takes no time: what is measured is how results are delivered.
#ifndef ATOMSTREAM_TESTS_BENCH_DELIVERY_BENCH_DAEMON_H_
#define ATOMSTREAM_TESTS_BENCH_DELIVERY_BENCH_DAEMON_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace atomstream::bench {

struct BenchDaemonOptions {
  double rate_hz = 20;
  int atoms = 1500;   // in every result
  int history = 100;  // results that are kept
  std::string store;  // file of the history; empty: in memory
};

// Owned by the measuring process, which it is started from. One thread.
class BenchDaemon {
 public:
  // Runs this program again as the daemon.
  static absl::StatusOr<std::unique_ptr<BenchDaemon>> Start(const BenchDaemonOptions& options);
  ~BenchDaemon();  // ends it

  const std::string& address() const { return address_; }
  int64_t ResidentBytes() const;

  // The daemon's own life, until its standard input ends.
  static absl::Status Serve(const BenchDaemonOptions& options);

 private:
  BenchDaemon(pid_t pid, int input, std::string address)
      : pid_(pid), input_(input), address_(std::move(address)) {}

  const pid_t pid_;
  const int input_;
  const std::string address_;
};

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_DELIVERY_BENCH_DAEMON_H_
