// The history block of the configuration.
#ifndef ATOMSTREAM_SERVER_CONFIG_HISTORY_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_HISTORY_CONFIG_H_

#include "absl/status/statusor.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/store/history_options.h"

namespace atomstream {

// InvalidArgument names the field and its value.
absl::StatusOr<HistoryOptions> HistoryOptionsFromConfig(const config::v1::HistoryConfig& config);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_HISTORY_CONFIG_H_
