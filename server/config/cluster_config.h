// The part of the configuration about clusters and site kinds: ClusterConfig -> StructureOptions.
// Pure.
#ifndef ATOMSTREAM_SERVER_CONFIG_CLUSTER_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_CLUSTER_CONFIG_H_

#include <optional>

#include "absl/status/statusor.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/structure/structure_options.h"

namespace atomstream {

// nullopt: switched off. InvalidArgument names the field ("clusters.patch_grid = …"), also where it
// is switched off.
absl::StatusOr<std::optional<StructureOptions>> StructureOptionsFromConfig(
    const config::v1::ClusterConfig& config);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_CLUSTER_CONFIG_H_
