// From the configuration's log, health and trace blocks to options.
#ifndef ATOMSTREAM_SERVER_CONFIG_OPERATIONS_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_OPERATIONS_CONFIG_H_

#include "absl/status/statusor.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/health/health_options.h"
#include "server/log/log_options.h"
#include "server/trace/span_options.h"

namespace atomstream {

// InvalidArgument reads "<field> = <value>: why".
absl::StatusOr<LogOptions> LogOptionsFromConfig(const config::v1::LogConfig& config);
absl::StatusOr<HealthOptions> HealthOptionsFromConfig(const config::v1::HealthConfig& config);
absl::StatusOr<SpanOptions> SpanOptionsFromConfig(const config::v1::TraceConfig& config);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_OPERATIONS_CONFIG_H_
