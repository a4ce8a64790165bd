#include "server/config/log_star_config.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/config/check.h"

namespace atomstream {
namespace {

absl::StatusOr<Material> MaterialFromConfig(const config::v1::MaterialConfig& config,
                                            const std::string& field) {
  Material material;
  material.name = config.name();
  material.vectors_nm[0] = {config.vector_a_nm().x(), config.vector_a_nm().y()};
  material.vectors_nm[1] = {config.vector_b_nm().x(), config.vector_b_nm().y()};
  for (const config::v1::BasisAtomConfig& atom : config.basis()) {
    material.basis.push_back({.fraction = {atom.a_fraction(), atom.b_fraction()},
                              .species = atom.species(),
                              .intensity = atom.has_intensity() ? atom.intensity() : 1});
  }
  const absl::Status valid = ValidateMaterial(material);
  if (!valid.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " = ", material.name, ": ", valid.message()));
  }
  if (material.name == "auto" || FindMaterial(material.name, {}).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".name = ", material.name, ": is the name of a built-in material"));
  }
  return material;
}

absl::StatusOr<WindowMode> WindowModeFromConfig(config::v1::WindowMode mode) {
  switch (mode) {
    case config::v1::WINDOW_MODE_UNSPECIFIED:
      return LogStarOptions().window_mode;
    case config::v1::WINDOW_MODE_GLOBAL:
      return WindowMode::kGlobal;
    case config::v1::WINDOW_MODE_MAP:
      return WindowMode::kMap;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("log_star.window_mode = ", static_cast<int>(mode), ": is not known"));
  }
}

absl::StatusOr<Preprocessing> PreprocessingFromConfig(int preprocessing) {
  switch (preprocessing) {
    case config::v1::PREPROCESSING_NONE:
      return Preprocessing::kNone;
    case config::v1::PREPROCESSING_GAUSSIAN:
      return Preprocessing::kGaussian;
    case config::v1::PREPROCESSING_LATTICE:
      return Preprocessing::kLattice;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("log_star.preprocessing = ", preprocessing, ": is not known"));
  }
}

absl::Status ReadWindows(const config::v1::LogStarConfig& config, LogStarOptions& options) {
  ASSIGN_OR_RETURN(options.window_mode, WindowModeFromConfig(config.window_mode()));
  if (config.has_window_size_px()) options.window_size_px = config.window_size_px();
  if (config.has_window_stride_fraction()) options.window_stride = config.window_stride_fraction();
  if (!(options.window_stride > 0 && options.window_stride <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "log_star.window_stride_fraction = ", options.window_stride, ": must be in (0, 1]"));
  }
  return absl::OkStatus();
}

absl::Status ReadRewards(const config::v1::LogStarConfig& config, LogStarOptions& options) {
  if (config.rewards_size() != 0 && config.rewards_size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_star.rewards: ", config.rewards_size(), " are given, must be 2"));
  }
  std::copy(config.rewards().begin(), config.rewards().end(), options.rewards.begin());
  if (config.has_er_distance_fraction()) options.er_distance_d_nn = config.er_distance_fraction();
  RETURN_IF_ERROR(
      CheckInRange("log_star.er_distance_fraction", options.er_distance_d_nn, 0.7, 1.0));
  if (config.has_preference()) options.preference = config.preference();
  return absl::OkStatus();
}

absl::Status ReadSearch(const config::v1::LogStarConfig& config, LogStarOptions& options) {
  if (config.has_optimizer()) options.optimizer = config.optimizer();
  if (config.has_max_windows()) options.max_windows = config.max_windows();
  if (config.has_max_evaluations()) options.max_evaluations = config.max_evaluations();
  RETURN_IF_ERROR(CheckNotNegative("log_star.time_budget_ms", config.time_budget_ms()));
  if (config.time_budget_ms() > 0) {
    options.time_budget = absl::Milliseconds(config.time_budget_ms());
  }
  if (config.preprocessing_size() > 0) options.preprocessing.clear();
  for (const int preprocessing : config.preprocessing()) {
    ASSIGN_OR_RETURN(const Preprocessing value, PreprocessingFromConfig(preprocessing));
    options.preprocessing.push_back(value);
  }
  if (config.has_seed()) options.seed = config.seed();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LogStarOptions> LogStarOptionsFromConfig(const config::v1::LogStarConfig& config) {
  LogStarOptions options;
  for (int i = 0; i < config.custom_materials_size(); ++i) {
    ASSIGN_OR_RETURN(Material material,
                     MaterialFromConfig(config.custom_materials(i),
                                        absl::StrCat("log_star.custom_materials[", i, "]")));
    options.custom_materials.push_back(std::move(material));
  }
  if (config.has_material()) options.material = config.material();
  RETURN_IF_ERROR(ReadWindows(config, options));
  RETURN_IF_ERROR(ReadRewards(config, options));
  RETURN_IF_ERROR(ReadSearch(config, options));
  if (config.has_refine_subpixel()) options.refine_subpixel = config.refine_subpixel();
  // What the detector checks itself has the same names there as here.
  const absl::Status valid = ValidateLogStarOptions(options);
  if (!valid.ok()) return absl::InvalidArgumentError(absl::StrCat("log_star.", valid.message()));
  return options;
}

}  // namespace atomstream
