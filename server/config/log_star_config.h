// The LoG* part of the configuration: LogStarConfig -> LogStarOptions. Pure.
#ifndef ATOMSTREAM_SERVER_CONFIG_LOG_STAR_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_LOG_STAR_CONFIG_H_

#include "absl/status/statusor.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "detectors/log_star/log_star_options.h"

namespace atomstream {

// InvalidArgument names the field ("log_star.window_size_px = …").
absl::StatusOr<LogStarOptions> LogStarOptionsFromConfig(const config::v1::LogStarConfig& config);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_LOG_STAR_CONFIG_H_
