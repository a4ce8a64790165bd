#include "detectors/unet/training/training_frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/image/normalise.h"
#include "core/simulate/random.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "detectors/unet/frame_scaling.h"

namespace atomstream {
namespace {

constexpr double kPi = 3.14159265358979323846;

double LogUniform(Random& random, double low, double high) {
  return low * std::pow(high / low, random.Uniform());
}

bool Chance(Random& random, double probability) { return random.Uniform() < probability; }

// A lattice of one to three columns a cell, 0.2 nm or more apart: what no preset shows. Drawn again
// until its columns are far enough apart to be told apart.
Material DrawLattice(Random& random) {
  Material material;
  material.name = "random";
  for (;;) {
    const double a = random.Uniform(0.25, 0.6);
    const double b = a * random.Uniform(0.75, 1.34);
    const double angle = Chance(random, 0.5) ? kPi / 2 : random.Uniform(kPi / 3, 2 * kPi / 3);
    material.vectors_nm = {Vector2{a, 0}, Vector2{b * std::cos(angle), b * std::sin(angle)}};
    material.basis.clear();
    const int columns = 1 + random.Index(3);
    for (int i = 0; i < columns; ++i) {
      const double brightness = i == 0 ? 1 : random.Uniform(0.3, 1);
      material.basis.push_back({{random.Uniform(), random.Uniform()}, "X", brightness});
    }
    if (material.NearestNeighbourDistanceNm() > 0.55 / std::sqrt(material.DensityPerNm2())) {
      return material;
    }
  }
}

absl::StatusOr<Material> DrawMaterial(const TrainingFrameOptions& options, Random& random) {
  const double choice = random.Uniform();
  if (choice < options.graphene_share) return FindMaterial("graphene", {});
  if (choice >= options.graphene_share + options.srtio3_share) return DrawLattice(random);
  ASSIGN_OR_RETURN(Material material, FindMaterial("SrTiO3", {}));
  // Which columns show how bright depends on the detector's angles, not on the crystal alone.
  for (size_t i = 1; i < material.basis.size(); ++i) {
    material.basis[i].intensity *= random.Uniform(0.7, 1.4);
  }
  return material;
}

SpecimenOptions DrawSpecimen(const Material& material, double field_nm, Random& random) {
  const double d_nn = material.NearestNeighbourDistanceNm();
  SpecimenOptions o;
  o.material = material;
  o.field_width_nm = o.field_height_nm = field_nm;
  o.margin_nm = 3 * d_nn;
  o.rotation_rad = random.Uniform(0, 2 * kPi);
  if (Chance(random, 0.6)) o.vacancy_fraction = random.Uniform(0, 0.05);
  if (Chance(random, 0.6)) {
    o.dopant_fraction = random.Uniform(0, 0.03);
    o.dopant_intensity = random.Uniform(1.3, 3.5);
  }
  if (Chance(random, 0.4)) {
    o.hole_fraction = random.Uniform(0.02, 0.4);
    o.hole_irregularity = random.Uniform(0.1, 0.4);
  }
  if (Chance(random, 0.25)) {
    o.grain_boundary = GrainBoundaryOptions{.rotation_rad = random.Uniform(0.05, 1.0),
                                            .line_angle_rad = random.Uniform(0, kPi),
                                            .offset_nm = random.Uniform(-0.4, 0.4) * field_nm};
  }
  if (Chance(random, 0.5)) {
    o.strain_xx = random.Uniform(-0.04, 0.04);
    o.strain_yy = random.Uniform(-0.04, 0.04);
    o.strain_xy = random.Uniform(-0.03, 0.03);
  }
  if (Chance(random, 0.5)) o.position_jitter_nm = random.Uniform(0, 0.08) * d_nn;
  if (Chance(random, 0.6)) {
    o.contamination = random.Uniform(0, 0.8);
    o.contamination_wave_nm = LogUniform(random, 6, 40) * d_nn;
  }
  o.seed = random.Bits();
  return o;
}

// Mostly what the rewards find hard, some of it clean, some hopeless: the network must also learn
// to say that it does not know.
double DrawNoise(const TrainingFrameOptions& options, Random& random) {
  const double kind = random.Uniform();
  if (kind < 0.15) return random.Uniform(0, 0.05);
  if (kind < 0.7) return random.Uniform(0.05, 0.45) * options.max_noise;
  return random.Uniform(0.45, 1) * options.max_noise;
}

ScanOptions DrawScan(const TrainingFrameOptions& options, double d_nn_nm, double d_nn_px,
                     int size_px, Random& random) {
  ScanOptions o;
  o.width_px = o.height_px = size_px;
  o.pixel_size_nm = d_nn_nm / d_nn_px;
  o.probe_sigma_nm = random.Uniform(0.2, 0.42) * d_nn_nm;
  if (Chance(random, 0.4)) o.line_jitter_px = random.Uniform(0, 0.08) * d_nn_px;
  if (Chance(random, 0.25)) o.dose_per_pixel = LogUniform(random, 2, 200);
  if (o.dose_per_pixel == 0 || Chance(random, 0.5)) o.gaussian_noise = DrawNoise(options, random);
  if (Chance(random, 0.1)) o.hot_pixel_fraction = LogUniform(random, 1e-5, 1e-3);
  o.seed = random.Bits();
  return o;
}

// A frame is normalised by the quantiles of what else it shows, so that the same atoms arrive with
// another contrast and brightness; some detectors are not linear.
void VaryContrast(Random& random, Image& image) {
  const float gain = static_cast<float>(Chance(random, 0.5) ? random.Uniform(0.7, 1.1) : 1);
  const float offset = static_cast<float>(gain < 1 ? random.Uniform(0, 1 - gain) : 0);
  const bool bent = Chance(random, 0.3);
  const float gamma = static_cast<float>(LogUniform(random, 0.7, 1.5));
  for (float& value : image) {
    value = std::clamp(gain * value + offset, 0.0f, 1.0f);
    if (bent) value = std::pow(value, gamma);
  }
}

void AddTarget(const PointPx& atom, double sigma, Image& target) {
  const int reach = static_cast<int>(std::ceil(4 * sigma));
  const int column = static_cast<int>(std::lround(atom.x_px));
  const int row = static_cast<int>(std::lround(atom.y_px));
  for (int y = std::max(0, row - reach); y <= std::min(target.rows - 1, row + reach); ++y) {
    for (int x = std::max(0, column - reach); x <= std::min(target.cols - 1, column + reach); ++x) {
      const double squared = std::pow(x - atom.x_px, 2) + std::pow(y - atom.y_px, 2);
      const float value = static_cast<float>(std::exp(-squared / (2 * sigma * sigma)));
      target(y, x) = std::max(target(y, x), value);
    }
  }
}

}  // namespace

double AtomAreaPx2(const TrainingFrameOptions& options) {
  const double sigma = options.target_sigma_d_nn * options.scale_px_per_d_nn;
  return 2 * kPi * sigma * sigma;
}

absl::StatusOr<TrainingFrame> DrawTrainingFrame(const TrainingFrameOptions& options, uint64_t seed,
                                                int64_t index) {
  Random random(DeriveSeed(seed, static_cast<uint64_t>(index)));
  ASSIGN_OR_RETURN(const Material material, DrawMaterial(options, random));
  const double d_nn_nm = material.NearestNeighbourDistanceNm();
  // The microscope's sampling: coarse scans are frequent and hard, fine ones easy and costly.
  const double sampled_px =
      Chance(random, 0.9) ? LogUniform(random, 3.4, 15) : LogUniform(random, 15, 28);
  const double error = std::clamp(random.Normal(), -3.0, 3.0) * options.scale_error;
  TrainingFrame frame;
  frame.d_nn_px = options.scale_px_per_d_nn * std::exp(error);
  const double scale = frame.d_nn_px / sampled_px;
  const int sampled_size = static_cast<int>(std::ceil((options.size_px + 1) / scale));

  const SpecimenOptions specimen_options =
      DrawSpecimen(material, sampled_size * d_nn_nm / sampled_px, random);
  const ScanOptions scan = DrawScan(options, d_nn_nm, sampled_px, sampled_size, random);
  ASSIGN_OR_RETURN(const Specimen specimen, BuildSpecimen(specimen_options));
  ASSIGN_OR_RETURN(const SimulatedFrame simulated, RenderFrame(specimen, scan, 0));
  Image image = Normalise(simulated.image).clipped;
  VaryContrast(random, image);

  const cv::Rect crop(0, 0, options.size_px, options.size_px);
  frame.input = RescaleForNetwork(image, scale)(crop).clone();
  frame.target = Image(options.size_px, options.size_px, 0.0f);
  const double sigma = options.target_sigma_d_nn * frame.d_nn_px;
  for (const PointPx& atom : simulated.Positions()) {
    const PointPx here{(atom.x_px + 0.5) * scale - 0.5, (atom.y_px + 0.5) * scale - 0.5};
    AddTarget(here, sigma, frame.target);
    if (here.x_px < options.size_px - 0.5 && here.y_px < options.size_px - 0.5) {
      frame.atoms.push_back(here);
    }
  }
  frame.description = absl::StrFormat("%s, %.1f px per d_NN, noise %.2f, dose %.0f, hole %.2f",
                                      material.name, sampled_px, scan.gaussian_noise,
                                      scan.dose_per_pixel, specimen_options.hole_fraction);
  return frame;
}

}  // namespace atomstream
