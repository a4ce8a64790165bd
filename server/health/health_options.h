// HealthOptions: when a part of the daemon counts as failed. Plain data.
#ifndef ATOMSTREAM_SERVER_HEALTH_HEALTH_OPTIONS_H_
#define ATOMSTREAM_SERVER_HEALTH_HEALTH_OPTIONS_H_

#include "absl/time/time.h"

namespace atomstream {

struct HealthOptions {
  // The source may be away for so long.
  absl::Duration source_grace = absl::Seconds(10);
  // Frames may be inside for so long without anything being done for them.
  absl::Duration pipeline_stall = absl::Seconds(15);
  // The U-Net may work on one frame for so long.
  absl::Duration unet_stall = absl::Seconds(120);
  // The port may take no connection for so long. Not of the configuration.
  absl::Duration listener_silence = absl::Seconds(10);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HEALTH_HEALTH_OPTIONS_H_
