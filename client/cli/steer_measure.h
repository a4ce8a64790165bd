// `atomstream steer --measure`: how long a change of preference takes from the call until its
// result is here. Blocks; used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_STEER_MEASURE_H_
#define ATOMSTREAM_CLIENT_CLI_STEER_MEASURE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "client/cli/cli_command.h"
#include "client/cli/interrupter.h"
#include "client/cpp/steering_client.h"

namespace atomstream {

// Selects preferences to and fro `count` times, waits for each one's result with all its parts, and
// prints the times' median, 99th percentile and greatest. What was selected before is selected
// again at the end. NotFound: there is no live frame to decide anew.
absl::Status MeasureSteering(const CommonFlags& common, int64_t count, const std::string& name,
                             SteeringClient& steering, AnalysisClient& analysis,
                             Interrupter& interrupter, const CliOutput& output);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_STEER_MEASURE_H_
