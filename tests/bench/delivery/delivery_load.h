// MeasureDelivery: what stalled subscribers cost the others and the daemon. Two kinds of rounds
// take turns in one run: with the live subscribers alone, and with the stalled ones besides.
#ifndef ATOMSTREAM_TESTS_BENCH_DELIVERY_DELIVERY_LOAD_H_
#define ATOMSTREAM_TESTS_BENCH_DELIVERY_DELIVERY_LOAD_H_

#include "absl/status/status.h"
#include "tests/bench/delivery/bench_daemon.h"

namespace atomstream::bench {

struct DeliveryLoadOptions {
  BenchDaemonOptions daemon;
  int live = 64;
  int stalled = 16;
  int rounds = 3;             // of each kind
  double seconds = 10;        // a round
  double stall_seconds = 30;  // that a viewer sleeps in the end; 0: none
  bool json = false;
};

// Prints the report. FailedPrecondition: an aim was missed.
absl::Status MeasureDelivery(const DeliveryLoadOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_DELIVERY_DELIVERY_LOAD_H_
