#include "server/config/history_config.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/config/check.h"

namespace atomstream {
namespace {

constexpr int64_t kMostMib = int64_t{1} << 30;

// Who sets how results are kept on disk, but not where, would think that they are.
absl::Status CheckNeedsPath(const config::v1::HistoryConfig& config) {
  const struct {
    const char* name;
    bool is_set;
  } fields[] = {{"max_result_mib", config.has_max_result_mib()},
                {"max_age_days", config.has_max_age_days()},
                {"max_kept_frame_mib", config.has_max_kept_frame_mib()},
                {"check_time_s", config.has_check_time_s()},
                {"max_waiting_mib", config.has_max_waiting_mib()}};
  for (const auto& field : fields) {
    if (!field.is_set) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("history.", field.name, ": needs history.path, which is empty"));
  }
  return absl::OkStatus();
}

absl::Status ReadDisk(const config::v1::HistoryConfig& config, HistoryOptions& options) {
  if (config.has_max_result_mib()) options.max_result_mib = config.max_result_mib();
  RETURN_IF_ERROR(
      CheckInRange<int64_t>("history.max_result_mib", options.max_result_mib, 0, kMostMib));
  RETURN_IF_ERROR(CheckInRange("history.max_age_days", config.max_age_days(), 0.0, 36500.0));
  if (config.max_age_days() > 0) options.max_age = absl::Hours(24) * config.max_age_days();
  options.max_kept_frame_mib = config.max_kept_frame_mib();
  RETURN_IF_ERROR(
      CheckInRange<int64_t>("history.max_kept_frame_mib", options.max_kept_frame_mib, 0, kMostMib));
  if (config.has_check_time_s()) {
    RETURN_IF_ERROR(CheckInRange("history.check_time_s", config.check_time_s(), 0.1, 600.0));
    options.check_time = absl::Seconds(config.check_time_s());
  }
  if (config.has_max_waiting_mib()) options.max_waiting_mib = config.max_waiting_mib();
  return CheckInRange("history.max_waiting_mib", options.max_waiting_mib, 1, 65536);
}

}  // namespace

absl::StatusOr<HistoryOptions> HistoryOptionsFromConfig(const config::v1::HistoryConfig& config) {
  HistoryOptions options;
  options.path = config.path();
  if (!options.path.empty()) options.max_results = HistoryOptions::kResultsOnDisk;
  if (config.has_max_results()) options.max_results = config.max_results();
  RETURN_IF_ERROR(CheckInRange("history.max_results", options.max_results, 1, 1'000'000'000));
  if (config.has_max_frame_mib()) options.max_frame_mib = config.max_frame_mib();
  RETURN_IF_ERROR(CheckInRange("history.max_frame_mib", options.max_frame_mib, 0, 1 << 20));
  if (options.path.empty()) {
    RETURN_IF_ERROR(CheckNeedsPath(config));
  } else {
    RETURN_IF_ERROR(ReadDisk(config, options));
  }
  return options;
}

}  // namespace atomstream
