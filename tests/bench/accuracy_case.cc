#include "tests/bench/accuracy_case.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/lattice/material.h"
#include "core/simulate/random.h"
#include "core/simulate/specimen.h"
#include "tests/bench/image_input.h"

namespace atomstream::bench {
namespace {

void Apply(SpecimenKind kind, SpecimenOptions& specimen, ScanOptions& scan) {
  switch (kind) {
    case SpecimenKind::kSingle:
      return;
    case SpecimenKind::kGrains:
      specimen.grain_boundary = GrainBoundaryOptions{};
      return;
    case SpecimenKind::kStrained:
      specimen.strain_xx = 0.03;
      specimen.strain_xy = 0.015;
      return;
    case SpecimenKind::kJittered:
      specimen.position_jitter_nm = 0.06 * specimen.material.NearestNeighbourDistanceNm();
      scan.line_jitter_px = 0.5;
      return;
  }
}

}  // namespace

absl::StatusOr<SpecimenKind> ParseSpecimenKind(const std::string& name) {
  if (name == "single") return SpecimenKind::kSingle;
  if (name == "grains") return SpecimenKind::kGrains;
  if (name == "strained") return SpecimenKind::kStrained;
  if (name == "jittered") return SpecimenKind::kJittered;
  return absl::InvalidArgumentError(
      absl::StrCat("specimen = \"", name, "\": must be single, grains, strained or jittered"));
}

absl::StatusOr<AccuracyCase> MakeAccuracyCase(const AccuracyCaseOptions& options) {
  SpecimenOptions specimen_options;
  ASSIGN_OR_RETURN(specimen_options.material, FindMaterial(options.material, {}));
  specimen_options.field_width_nm = specimen_options.field_height_nm =
      options.size_px * options.pixel_size_nm;
  specimen_options.rotation_rad = Random(DeriveSeed(options.seed, 1)).Uniform(0, std::numbers::pi);
  specimen_options.vacancy_fraction = 0.01;
  specimen_options.dopant_fraction = options.material == "graphene" ? 0.005 : 0;
  specimen_options.contamination = 0.15;
  specimen_options.hole_fraction = options.hole_fraction;
  specimen_options.seed = DeriveSeed(options.seed, 2);
  ScanOptions scan;
  Apply(options.specimen, specimen_options, scan);
  ASSIGN_OR_RETURN(const Specimen specimen, BuildSpecimen(specimen_options));

  scan.width_px = scan.height_px = options.size_px;
  scan.pixel_size_nm = options.pixel_size_nm;
  scan.gaussian_noise = options.noise;
  scan.drift_x_px_per_frame = scan.drift_y_px_per_frame = 0.5;
  scan.seed = DeriveSeed(options.seed, 3);
  ASSIGN_OR_RETURN(const SimulatedFrame simulated,
                   RenderFrame(specimen, scan, options.frame_index));

  AccuracyCase result;
  result.options = options;
  FrameMetadata metadata;
  metadata.id = "accuracy";
  metadata.number = options.frame_index;
  metadata.detector = "HAADF";
  metadata.material = options.material;
  metadata.pixel_size_nm = options.pixel_size_nm * (1 + options.metadata_error);
  ASSIGN_OR_RETURN(result.frame, MakeFrame(simulated.image, metadata));
  result.truth = simulated.Positions();
  result.vacuum = simulated.vacuum;
  result.d_nn_px = specimen_options.material.NearestNeighbourDistanceNm() / options.pixel_size_nm;
  return result;
}

int CountInVacuum(const std::vector<PointPx>& predicted, const std::vector<int>& unmatched,
                  const cv::Mat_<uint8_t>& vacuum) {
  return static_cast<int>(std::count_if(unmatched.begin(), unmatched.end(), [&](int index) {
    const int x = static_cast<int>(std::lround(predicted[index].x_px));
    const int y = static_cast<int>(std::lround(predicted[index].y_px));
    return x >= 0 && y >= 0 && x < vacuum.cols && y < vacuum.rows && vacuum(y, x) != 0;
  }));
}

}  // namespace atomstream::bench
