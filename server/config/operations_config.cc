#include "server/config/operations_config.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/config/check.h"

namespace atomstream {
namespace {

constexpr double kDay = 86400;

// Leaves `option` where the field is not set.
absl::Status ReadSeconds(absl::string_view field, bool is_set, double value, double lowest,
                         absl::Duration& option) {
  if (!is_set) return absl::OkStatus();
  RETURN_IF_ERROR(CheckInRange(absl::StrCat("health.", field), value, lowest, kDay));
  option = absl::Seconds(value);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LogOptions> LogOptionsFromConfig(const config::v1::LogConfig& config) {
  LogOptions options;
  if (config.format() == "json") {
    options.format = LogFormat::kJson;
  } else if (config.has_format() && config.format() != "text") {
    return absl::InvalidArgumentError(
        absl::StrCat("log.format = ", config.format(), ": must be text or json"));
  }
  if (config.level() == "warning") {
    options.level = LogLevel::kWarning;
  } else if (config.has_level() && config.level() != "info") {
    return absl::InvalidArgumentError(
        absl::StrCat("log.level = ", config.level(), ": must be info or warning"));
  }
  if (config.has_max_lines_per_kind()) options.max_lines_per_kind = config.max_lines_per_kind();
  RETURN_IF_ERROR(CheckInRange("log.max_lines_per_kind", options.max_lines_per_kind, 0, 100'000));
  return options;
}

absl::StatusOr<HealthOptions> HealthOptionsFromConfig(const config::v1::HealthConfig& config) {
  HealthOptions options;
  RETURN_IF_ERROR(ReadSeconds("source_grace_s", config.has_source_grace_s(),
                              config.source_grace_s(), 0, options.source_grace));
  RETURN_IF_ERROR(ReadSeconds("pipeline_stall_s", config.has_pipeline_stall_s(),
                              config.pipeline_stall_s(), 1, options.pipeline_stall));
  RETURN_IF_ERROR(ReadSeconds("unet_stall_s", config.has_unet_stall_s(), config.unet_stall_s(), 1,
                              options.unet_stall));
  return options;
}

absl::StatusOr<SpanOptions> SpanOptionsFromConfig(const config::v1::TraceConfig& config) {
  SpanOptions options{.file = config.spans_file()};
  if (config.has_max_file_mib()) {
    RETURN_IF_ERROR(CheckInRange("trace.max_file_mib", config.max_file_mib(), 1, 1 << 20));
    options.max_file_bytes = int64_t{config.max_file_mib()} << 20;
  }
  if (config.has_all_frames()) options.all_frames = config.all_frames();
  return options;
}

}  // namespace atomstream
