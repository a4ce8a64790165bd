#include "detectors/unet/training/served_validation.h"

#include <memory>
#include <string>
#include <utility>

#include "core/base/status_macros.h"
#include "core/evaluate/matching.h"
#include "core/lattice/material.h"
#include "core/simulate/random.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "detectors/unet/unet_detector.h"

namespace atomstream {
namespace {

constexpr int kSide = 256;
// Frames of this stream are nobody's training frames: these are other specimens altogether.
constexpr uint64_t kSeed = 0x5e41da7e;

struct Scene {
  std::shared_ptr<const Frame> frame;
  std::vector<PointPx> truth;
  double d_nn_px = 0;
};

absl::StatusOr<Scene> MakeScene(const ValidationRow& row, int seed) {
  Random random(DeriveSeed(kSeed, static_cast<uint64_t>(seed)));
  SpecimenOptions specimen;
  ASSIGN_OR_RETURN(specimen.material, FindMaterial(row.material, {}));
  specimen.field_width_nm = specimen.field_height_nm = kSide * row.pixel_size_nm;
  specimen.rotation_rad = random.Uniform(0, 3.14159265358979323846);
  specimen.vacancy_fraction = 0.01;
  specimen.dopant_fraction = row.material == "graphene" ? 0.005 : 0;
  specimen.contamination = 0.15;
  specimen.seed = random.Bits();
  ScanOptions scan;
  scan.width_px = scan.height_px = kSide;
  scan.pixel_size_nm = row.pixel_size_nm;
  scan.gaussian_noise = row.noise;
  scan.seed = random.Bits();
  ASSIGN_OR_RETURN(const Specimen built, BuildSpecimen(specimen));
  ASSIGN_OR_RETURN(const SimulatedFrame simulated, RenderFrame(built, scan, 0));
  FrameMetadata metadata;
  metadata.id = "validation";
  metadata.pixel_size_nm = row.pixel_size_nm;
  metadata.material = row.material;
  const Image& image = simulated.image;
  Scene scene;
  ASSIGN_OR_RETURN(scene.frame,
                   Frame::Create(std::move(metadata), image.cols, image.rows, PixelType::kF32,
                                 absl::string_view(reinterpret_cast<const char*>(image.data),
                                                   image.total() * sizeof(float))));
  scene.truth = simulated.Positions();
  scene.d_nn_px = specimen.material.NearestNeighbourDistanceNm() / row.pixel_size_nm;
  return scene;
}

// Adds the score of one frame to the row's sums.
absl::Status AddScore(const UnetDetector& detector, const Segmenter& segmenter, int seed,
                      ValidationRow& row) {
  ASSIGN_OR_RETURN(const Scene scene, MakeScene(row, seed));
  ASSIGN_OR_RETURN(const UnetResult result, detector.Detect(*scene.frame, segmenter));
  std::vector<PointPx> found;
  for (const Atom& atom : result.atoms) found.push_back({atom.x_px, atom.y_px});
  // Atoms centred on the border are nobody's merit.
  ASSIGN_OR_RETURN(const Matching matching, MatchOneToOne(found, scene.truth,
                                                          {.radius_px = scene.d_nn_px / 2,
                                                           .border_px = scene.d_nn_px / 2,
                                                           .width_px = kSide,
                                                           .height_px = kSide}));
  row.precision += matching.precision;
  row.recall += matching.recall;
  row.f1 += matching.f1;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ValidationRow>> ValidateServed(const Segmenter& segmenter, int seeds,
                                                          const Clock& clock) {
  ASSIGN_OR_RETURN(const std::unique_ptr<UnetDetector> detector, UnetDetector::Create({}, &clock));
  const std::vector<std::pair<std::string, double>> scenes = {
      {"graphene", 0.01}, {"graphene", 0.02}, {"graphene", 0.03},
      {"SrTiO3", 0.01},   {"SrTiO3", 0.02},   {"SrTiO3", 0.035}};
  std::vector<ValidationRow> rows;
  for (const auto& [material, pixel_size_nm] : scenes) {
    for (const double noise : {0.0, 0.1, 0.2, 0.3, 0.5, 0.7}) {
      ValidationRow row{.material = material, .pixel_size_nm = pixel_size_nm, .noise = noise};
      for (int seed = 0; seed < seeds; ++seed) {
        RETURN_IF_ERROR(AddScore(*detector, segmenter, seed, row));
      }
      row.precision /= seeds;
      row.recall /= seeds;
      row.f1 /= seeds;
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace atomstream
