// The commands of atomstream-bench. Each reads its flags, prints its report to stdout and returns a
// status: InvalidArgument for a mistake on the command line.
#ifndef ATOMSTREAM_TESTS_BENCH_COMMANDS_H_
#define ATOMSTREAM_TESTS_BENCH_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace atomstream::bench {

using Arguments = std::vector<std::string>;

absl::Status RunBlobs(const Arguments& arguments);
absl::Status RunAccuracy(const Arguments& arguments);
absl::Status RunOptimizers(const Arguments& arguments);
absl::Status RunSpeed(const Arguments& arguments);
absl::Status RunStructure(const Arguments& arguments);
absl::Status RunTargets(const Arguments& arguments);
absl::Status RunDelivery(const Arguments& arguments);  // with gRPC only

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_COMMANDS_H_
