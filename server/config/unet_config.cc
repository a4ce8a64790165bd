#include "server/config/unet_config.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/config/check.h"

namespace atomstream {
namespace {

absl::StatusOr<TorchDevice> DeviceFromConfig(const std::string& name) {
  if (name.empty() || name == "auto") return TorchDevice::kAuto;
  if (name == "cuda") return TorchDevice::kCuda;
  if (name == "cpu") return TorchDevice::kCpu;
  return absl::InvalidArgumentError(
      absl::StrCat("unet.device = ", name, ": must be auto, cuda or cpu"));
}

absl::StatusOr<TorchPrecision> PrecisionFromConfig(const std::string& name) {
  if (name.empty() || name == "auto") return TorchPrecision::kAuto;
  if (name == "float32") return TorchPrecision::kFloat32;
  if (name == "reduced") return TorchPrecision::kReduced;
  return absl::InvalidArgumentError(
      absl::StrCat("unet.precision = ", name, ": must be auto, float32 or reduced"));
}

absl::Status ReadTorch(const config::v1::UnetConfig& config, TorchSegmenterOptions& options) {
  ASSIGN_OR_RETURN(options.device, DeviceFromConfig(config.device()));
  ASSIGN_OR_RETURN(options.precision, PrecisionFromConfig(config.precision()));
  if (config.has_threads()) options.threads = config.threads();
  RETURN_IF_ERROR(CheckInRange("unet.threads", options.threads, 1, 256));
  if (config.has_tile_px()) options.tile_px = config.tile_px();
  if (options.tile_px != 128 && options.tile_px != 256 && options.tile_px != 512) {
    return absl::InvalidArgumentError(
        absl::StrCat("unet.tile_px = ", options.tile_px, ": must be 128, 256 or 512"));
  }
  if (config.has_tile_overlap_px()) options.overlap_px = config.tile_overlap_px();
  RETURN_IF_ERROR(CheckInRange("unet.tile_overlap_px", options.overlap_px, 0, 64));
  if (config.has_max_batch()) options.max_batch = config.max_batch();
  return CheckInRange("unet.max_batch", options.max_batch, 1, 256);
}

// The open interval (0, 1).
absl::Status CheckFraction(absl::string_view field, double value) {
  if (value > 0 && value < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " = ", value, ": must be above 0 and below 1"));
}

absl::Status ReadDetector(const config::v1::UnetConfig& config, UnetOptions& options) {
  // 0 is the model's own.
  if (config.threshold() != 0) {
    RETURN_IF_ERROR(CheckFraction("unet.threshold", config.threshold()));
    options.threshold = config.threshold();
  }
  if (config.has_min_spacing()) options.min_spacing = config.min_spacing();
  if (config.has_lattice_filter()) options.lattice_filter = config.lattice_filter();
  return CheckFraction("unet.min_spacing", options.min_spacing);
}

}  // namespace

absl::StatusOr<std::optional<UnetServiceOptions>> UnetOptionsFromConfig(
    const config::v1::UnetConfig& config, const LogStarOptions& log_star) {
  UnetServiceOptions options;
  options.model_folder = config.model();
  RETURN_IF_ERROR(ReadTorch(config, options.torch));
  RETURN_IF_ERROR(ReadDetector(config, options.detector));
  options.detector.material = log_star.material;
  options.detector.custom_materials = log_star.custom_materials;
  if (config.has_cpu_niceness()) options.cpu_niceness = config.cpu_niceness();
  RETURN_IF_ERROR(CheckInRange("unet.cpu_niceness", options.cpu_niceness, 0, 19));
  if (options.model_folder.empty()) return std::nullopt;
  return options;
}

}  // namespace atomstream
