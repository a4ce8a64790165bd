// From a configuration file to DaemonOptions. Pure apart from reading the file.
#ifndef ATOMSTREAM_SERVER_CONFIG_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/config/daemon_options.h"

namespace atomstream {

// InvalidArgument reads "<field> = <value>: why", with the field's path in the file, e.g.
// "pipeline.frames_in_flight = 0: must be in [1, 64]".
absl::StatusOr<DaemonOptions> OptionsFromConfig(const config::v1::DaemonConfig& config);

// InvalidArgument for text that is no DaemonConfig, with line and column.
absl::StatusOr<DaemonOptions> ParseConfig(absl::string_view text);

// NotFound when the file cannot be read; every error starts with the path. A relative folder of the
// model, or path of the audit log or of a file of security, becomes one from the file's folder.
absl::StatusOr<DaemonOptions> LoadConfig(const std::string& path);

// The same, with what the file says. An error has its place behind the path, "FILE:12:3: …", and
// FaultOf (config_place.h) tells it in parts.
struct LoadedConfig {
  config::v1::DaemonConfig config;
  DaemonOptions options;
};
absl::StatusOr<LoadedConfig> LoadConfigFile(const std::string& path);

// The options of a file at `path` that would say this.
absl::StatusOr<DaemonOptions> OptionsOfFile(const std::string& path,
                                            const config::v1::DaemonConfig& config);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_CONFIG_H_
