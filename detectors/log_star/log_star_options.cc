#include "detectors/log_star/log_star_options.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/image/frame.h"
#include "core/optimize/optimizer.h"
#include "core/reward/reward.h"

namespace atomstream {
namespace {

constexpr double kMinStridePx = 4;  // bounds the number of windows of a large frame

template <typename T>
absl::Status Refuse(absl::string_view option, const T& value, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(option, " = ", value, ": must be ", rule));
}

}  // namespace

absl::Status ValidateLogStarOptions(const LogStarOptions& options) {
  for (const Material& material : options.custom_materials) {
    RETURN_IF_ERROR(ValidateMaterial(material));
  }
  if (options.material != "auto") {
    RETURN_IF_ERROR(FindMaterial(options.material, options.custom_materials).status());
  }
  if (options.window_size_px < 32 || options.window_size_px > Frame::kMaxSide) {
    return Refuse("window_size_px", options.window_size_px, "in [32, 4096]");
  }
  if (!(options.window_stride > 0 && options.window_stride <= 1)) {
    return Refuse("window_stride", options.window_stride, "in (0, 1]");
  }
  if (options.window_stride * options.window_size_px < kMinStridePx) {
    return Refuse("window_stride", options.window_stride,
                  absl::StrCat("at least ", kMinStridePx,
                               " px of window_size_px = ", options.window_size_px));
  }
  RETURN_IF_ERROR(MakeOptimizer(options.optimizer).status());
  if (options.max_windows < 1 || options.max_windows > 100000) {
    return Refuse("max_windows", options.max_windows, "in [1, 100000]");
  }
  if (options.max_evaluations < 1 || options.max_evaluations > 100000) {
    return Refuse("max_evaluations", options.max_evaluations, "in [1, 100000]");
  }
  if (options.time_budget <= absl::ZeroDuration()) {
    return Refuse("time_budget", absl::FormatDuration(options.time_budget), "positive");
  }
  if (options.preprocessing.empty()) {
    return absl::InvalidArgumentError("preprocessing: at least one is needed (\"none\")");
  }
  for (auto p = options.preprocessing.begin(); p != options.preprocessing.end(); ++p) {
    if (std::find(options.preprocessing.begin(), p, *p) != p) {
      return Refuse("preprocessing", PreprocessingName(*p), "listed once");
    }
  }
  for (const std::string& reward : options.rewards) {
    RETURN_IF_ERROR(MakeReward(reward).status());
  }
  if (options.rewards[0] == options.rewards[1]) {
    return Refuse("rewards", options.rewards[1], "two different rewards");
  }
  if (!(options.er_distance_d_nn >= 0.7 && options.er_distance_d_nn <= 1)) {
    return Refuse("er_distance_d_nn", options.er_distance_d_nn, "in [0.7, 1]");
  }
  if (options.preference && !(*options.preference >= 0 && *options.preference <= 1)) {
    return Refuse("preference", *options.preference, "in [0, 1]");
  }
  return absl::OkStatus();
}

}  // namespace atomstream
