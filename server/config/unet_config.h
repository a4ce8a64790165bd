// The U-Net's part of the configuration: UnetConfig -> UnetServiceOptions. Pure.
#ifndef ATOMSTREAM_SERVER_CONFIG_UNET_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_UNET_CONFIG_H_

#include <optional>

#include "absl/status/statusor.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "detectors/log_star/log_star_options.h"
#include "server/config/daemon_options.h"

namespace atomstream {

// nullopt: no model is named. Materials are those of LoG*. InvalidArgument names the field
// ("unet.tile_px = …"), also where there is no model.
absl::StatusOr<std::optional<UnetServiceOptions>> UnetOptionsFromConfig(
    const config::v1::UnetConfig& config, const LogStarOptions& log_star);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_UNET_CONFIG_H_
