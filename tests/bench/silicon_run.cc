#include "tests/bench/silicon_run.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/evaluate/point_index.h"
#include "core/lattice/material.h"
#include "core/simulate/random.h"
#include "core/simulate/scan.h"
#include "tests/bench/image_input.h"

namespace atomstream::bench {
namespace {

enum Stream : uint64_t { kRotation = 1, kSheet, kScan, kPath };

constexpr double kFramesPerCircle = 60;
constexpr double kWanderPx = 0.3;
// Atoms whose tails reach into the frame; RenderFrame wants 5 standard deviations of the probe.
constexpr double kReachNm = 0.5;
// An atom of the sheet is found again to the rounding of a double.
constexpr double kSamePx = 1e-3;

// The step shortened to `longest` if it is longer.
PointPx Bounded(PointPx step, double longest) {
  const double length = std::hypot(step.x_px, step.y_px);
  if (length <= longest) return step;
  return {step.x_px * longest / length, step.y_px * longest / length};
}

}  // namespace

absl::StatusOr<DriftPath> ParseDriftPath(const std::string& name) {
  for (const DriftPath path : {DriftPath::kStraight, DriftPath::kCircling, DriftPath::kWandering}) {
    if (name == DriftPathName(path)) return path;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("path = \"", name, "\": must be straight, circling or wandering"));
}

absl::string_view DriftPathName(DriftPath path) {
  switch (path) {
    case DriftPath::kStraight:
      return "straight";
    case DriftPath::kCircling:
      return "circling";
    case DriftPath::kWandering:
      return "wandering";
  }
  return "unknown";
}

std::vector<PointPx> MakeDriftPath(DriftPath path, double speed_px, int frames, uint64_t seed) {
  Random random(seed);
  double direction = random.Uniform(0, 2 * std::numbers::pi);
  PointPx step{speed_px * std::cos(direction), speed_px * std::sin(direction)};
  PointPx at;
  std::vector<PointPx> places;
  for (int i = 0; i < frames; ++i) {
    places.push_back(at);
    at = {at.x_px + step.x_px, at.y_px + step.y_px};
    if (path == DriftPath::kCircling) {
      direction += 2 * std::numbers::pi / kFramesPerCircle;
      step = {speed_px * std::cos(direction), speed_px * std::sin(direction)};
    } else if (path == DriftPath::kWandering) {
      step.x_px += kWanderPx * random.Normal();
      step.y_px += kWanderPx * random.Normal();
      step = Bounded(step, speed_px);
    }
  }
  return places;
}

std::vector<PointPx> SiliconFrame::Places() const {
  std::vector<PointPx> places;
  places.reserve(atoms.size());
  for (const KnownAtom& atom : atoms) places.push_back(atom.place);
  return places;
}

SiliconRun::SiliconRun(const SiliconRunOptions& options, Specimen specimen,
                       std::vector<PointPx> path)
    : options_(options), specimen_(std::move(specimen)), path_(std::move(path)) {}

absl::StatusOr<SiliconRun> SiliconRun::Create(const SiliconRunOptions& o) {
  std::vector<PointPx> path =
      MakeDriftPath(o.path, o.speed_px, std::max(o.frames, 1), DeriveSeed(o.seed, kPath));
  double farthest_px = 0;
  for (const PointPx& place : path) {
    farthest_px = std::max({farthest_px, std::abs(place.x_px), std::abs(place.y_px)});
  }
  SpecimenOptions options;
  ASSIGN_OR_RETURN(options.material, FindMaterial("graphene", {}));
  options.field_width_nm = options.field_height_nm = o.size_px * o.pixel_size_nm;
  options.margin_nm = farthest_px * o.pixel_size_nm + kReachNm;
  options.rotation_rad = Random(DeriveSeed(o.seed, kRotation)).Uniform(0, std::numbers::pi);
  options.vacancy_fraction = o.vacancy_fraction;
  options.dopant_fraction = o.silicon_fraction;
  options.hole_fraction = o.hole_fraction;
  options.contamination = 0.15;
  options.seed = DeriveSeed(o.seed, kSheet);
  ASSIGN_OR_RETURN(Specimen specimen, BuildSpecimen(options));
  return SiliconRun(o, std::move(specimen), std::move(path));
}

absl::StatusOr<SiliconFrame> SiliconRun::At(int index) const {
  ScanOptions scan;
  scan.width_px = scan.height_px = options_.size_px;
  scan.pixel_size_nm = options_.pixel_size_nm;
  scan.gaussian_noise = options_.noise;
  // The simulator's own drift is a straight one: each frame is made the next one of a run whose
  // single step leads to its place.
  scan.drift_x_px_per_frame = path_[index].x_px;
  scan.drift_y_px_per_frame = path_[index].y_px;
  scan.seed = DeriveSeed(DeriveSeed(options_.seed, kScan), index);
  ASSIGN_OR_RETURN(const SimulatedFrame simulated, RenderFrame(specimen_, scan, 1));

  std::vector<PointPx> sheet;
  const double centre = (options_.size_px - 1) / 2.0;
  for (const SpecimenAtom& atom : specimen_.atoms) {
    sheet.push_back({centre + simulated.drift_x_px + atom.x_nm / options_.pixel_size_nm,
                     centre + simulated.drift_y_px + atom.y_nm / options_.pixel_size_nm});
  }
  const PointIndex ids(std::move(sheet), kSamePx);
  const int silicon = static_cast<int>(specimen_.species.size()) - 1;
  SiliconFrame result;
  for (const TrueAtom& atom : simulated.atoms) {
    int id = -1;
    ids.ForEachWithin({atom.x_px, atom.y_px}, kSamePx, [&](int found, double) { id = found; });
    if (id < 0) return absl::InternalError("a rendered atom is not one of the sheet's");
    result.atoms.push_back({id, {atom.x_px, atom.y_px}, atom.species == silicon});
  }
  FrameMetadata metadata;
  metadata.id = absl::StrCat("frame-", index);
  metadata.number = index;
  metadata.detector = "HAADF";
  metadata.material = "graphene";
  metadata.pixel_size_nm = options_.pixel_size_nm;
  ASSIGN_OR_RETURN(result.frame, MakeFrame(simulated.image, metadata));
  return result;
}

double SiliconRun::d_nn_px() const {
  return specimen_.material.NearestNeighbourDistanceNm() / options_.pixel_size_nm;
}

double SiliconRun::atom_sigma_px() const {
  return DefaultProbeSigmaNm(specimen_.material) / options_.pixel_size_nm;
}

}  // namespace atomstream::bench
