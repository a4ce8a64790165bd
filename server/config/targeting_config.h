// The targeting part of the configuration: TargetingConfig -> TargetingOptions. Pure.
#ifndef ATOMSTREAM_SERVER_CONFIG_TARGETING_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_TARGETING_CONFIG_H_

#include "absl/status/statusor.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/targeting/targeting_options.h"

namespace atomstream {

// InvalidArgument names the field ("targeting.max_dwell_ms = …").
absl::StatusOr<TargetingOptions> TargetingOptionsFromConfig(
    const config::v1::TargetingConfig& config);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_TARGETING_CONFIG_H_
