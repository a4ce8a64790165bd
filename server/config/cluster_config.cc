#include "server/config/cluster_config.h"

#include "absl/strings/str_cat.h"
#include "server/structure/structure_stage.h"

namespace atomstream {
namespace {

ClusterOptions ClusterOptionsOf(const config::v1::ClusterConfig& config) {
  ClusterOptions options;
  if (config.has_min_clusters()) options.min_clusters = config.min_clusters();
  if (config.has_max_clusters()) options.max_clusters = config.max_clusters();
  if (config.has_principal_components()) {
    options.principal_components = config.principal_components();
  }
  if (config.has_patch_side_d_nn()) options.patch_side_d_nn = config.patch_side_d_nn();
  if (config.has_patch_grid()) options.patch_grid = config.patch_grid();
  if (config.has_patch_taper_d_nn()) options.patch_taper_d_nn = config.patch_taper_d_nn();
  if (config.has_restarts()) options.restarts = config.restarts();
  if (config.has_drift_log_likelihood()) {
    options.drift_log_likelihood = config.drift_log_likelihood();
  }
  if (config.has_drift_residual()) options.drift_residual = config.drift_residual();
  if (config.has_seed()) options.seed = config.seed();
  return options;
}

SiteOptions SiteOptionsOf(const config::v1::ClusterConfig& config) {
  SiteOptions options;
  if (config.has_dopant_sigmas()) options.dopant_sigmas = config.dopant_sigmas();
  if (config.has_dopant_contrast()) options.dopant_contrast = config.dopant_contrast();
  // 0: measured.
  if (config.cutoff_d_nn() != 0) options.bonds.cutoff_d_nn = config.cutoff_d_nn();
  return options;
}

}  // namespace

absl::StatusOr<std::optional<StructureOptions>> StructureOptionsFromConfig(
    const config::v1::ClusterConfig& config) {
  StructureOptions options;
  options.clusters = ClusterOptionsOf(config);
  options.sites = SiteOptionsOf(config);
  if (config.has_min_frames_between_refits()) {
    options.min_frames_between_refits = config.min_frames_between_refits();
  }
  // What core checks itself has the same names there as here.
  const absl::Status valid = ValidateStructureOptions(options);
  if (!valid.ok()) return absl::InvalidArgumentError(absl::StrCat("clusters.", valid.message()));
  if (config.has_enabled() && !config.enabled()) return std::nullopt;
  return options;
}

}  // namespace atomstream
