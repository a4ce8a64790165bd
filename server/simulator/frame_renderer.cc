#include "server/simulator/frame_renderer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/lattice/material.h"

namespace atomstream {
namespace {

// A value v of a frame becomes kZeroCount + v * kCountsPerUnit counts: room for noise below 0 and
// for dopants above 1.
constexpr double kZeroCount = 16384;
constexpr double kCountsPerUnit = 8192;

std::string FloatRows(const Image& image) {
  std::string rows;
  rows.reserve(image.total() * sizeof(float));
  for (int y = 0; y < image.rows; ++y) {
    rows.append(reinterpret_cast<const char*>(image[y]), image.cols * sizeof(float));
  }
  return rows;
}

std::string CountRows(const Image& image) {
  std::string rows(image.total() * sizeof(uint16_t), '\0');
  char* out = rows.data();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x, out += sizeof(uint16_t)) {
      const double counts = std::round(kZeroCount + image(y, x) * kCountsPerUnit);
      const auto value = static_cast<uint16_t>(std::clamp(counts, 0.0, 65535.0));
      std::memcpy(out, &value, sizeof(value));
    }
  }
  return rows;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FrameRenderer>> FrameRenderer::Create(
    const SimulatorOptions& options, const std::string& run_id) {
  RETURN_IF_ERROR(ValidateSimulatorOptions(options));
  SpecimenOptions specimen_options;
  ASSIGN_OR_RETURN(specimen_options.material, FindMaterial(options.material, {}));
  const double field_nm = options.size_px * options.pixel_size_nm;
  specimen_options.field_width_nm = field_nm;
  specimen_options.field_height_nm = field_nm;
  specimen_options.margin_nm = options.margin_nm;
  specimen_options.rotation_rad = options.rotation_deg * std::numbers::pi / 180;
  specimen_options.vacancy_fraction = options.vacancies;
  specimen_options.dopant_fraction = options.dopants;
  specimen_options.hole_fraction = options.hole;
  specimen_options.contamination = options.contamination;
  if (options.grain_boundary) specimen_options.grain_boundary.emplace();
  specimen_options.seed = static_cast<uint64_t>(options.seed);

  ScanOptions scan;
  scan.pixel_size_nm = options.pixel_size_nm;
  scan.line_jitter_px = options.jitter_px;
  // Not along an axis: a drift that is mistaken in one coordinate only must show.
  scan.drift_x_px_per_frame = 0.8 * options.drift_px;
  scan.drift_y_px_per_frame = 0.6 * options.drift_px;
  scan.gaussian_noise = options.noise;
  scan.dose_per_pixel = options.dose;
  scan.seed = static_cast<uint64_t>(options.seed);

  return CatchToStatus("simulator", [&]() -> absl::StatusOr<std::unique_ptr<FrameRenderer>> {
    ASSIGN_OR_RETURN(Specimen specimen, BuildSpecimen(specimen_options));
    std::unique_ptr<FrameRenderer> renderer(
        new FrameRenderer(options, run_id, std::move(specimen), scan));
    // Also without rendering ahead one frame is tried, so that bad settings end the start.
    const int count = std::max(options.render_ahead, 1);
    std::vector<v1::Frame> ahead;
    for (int i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(v1::Frame frame, renderer->RenderContent(i, options.size_px));
      ahead.push_back(std::move(frame));
    }
    if (options.render_ahead > 0) renderer->ahead_ = std::move(ahead);
    return renderer;
  });
}

FrameRenderer::FrameRenderer(const SimulatorOptions& options, const std::string& run_id,
                             Specimen specimen, const ScanOptions& scan)
    : options_(options),
      run_id_(run_id),
      scan_(scan),
      specimen_(std::make_shared<const Specimen>(std::move(specimen))) {}

double FrameRenderer::stated_pixel_size_nm() const {
  return options_.pixel_size_nm * options_.metadata_scale;
}

std::shared_ptr<const Specimen> FrameRenderer::specimen() const {
  MutexLock lock(&mutex_);
  return specimen_;
}

void FrameRenderer::SetSpecimen(std::shared_ptr<const Specimen> specimen) {
  MutexLock lock(&mutex_);
  specimen_ = std::move(specimen);
}

ScanOptions FrameRenderer::ScanOf(int size_px) const {
  ScanOptions scan = scan_;
  scan.width_px = size_px;
  scan.height_px = size_px;
  return scan;
}

int64_t FrameRenderer::IndexOf(int64_t number, int size_px) const {
  const int64_t index = std::max<int64_t>(number, 1) - 1;
  if (ahead_.empty() || size_px != options_.size_px) return index;
  return index % static_cast<int64_t>(ahead_.size());
}

absl::StatusOr<Vector2> FrameRenderer::PlaceNm(int64_t number, double progress, int size_px,
                                               double x_fraction, double y_fraction) const {
  const std::shared_ptr<const Specimen> specimen = this->specimen();
  const int64_t index = IndexOf(number, size_px);
  ASSIGN_OR_RETURN(const Vector2 now,
                   SpecimenPlaceNm(*specimen, ScanOf(size_px), index, x_fraction, y_fraction));
  // Frames that were rendered ahead come in turn: from the last to the first nothing drifts.
  if (progress <= 0 || IndexOf(number + 1, size_px) != index + 1) return now;
  ASSIGN_OR_RETURN(const Vector2 next,
                   SpecimenPlaceNm(*specimen, ScanOf(size_px), index + 1, x_fraction, y_fraction));
  return Vector2{now.x + progress * (next.x - now.x), now.y + progress * (next.y - now.y)};
}

absl::StatusOr<std::vector<PointPx>> FrameRenderer::PlacesPx(
    int64_t number, int size_px, const std::vector<Vector2>& places_nm) const {
  return FramePlacesPx(*specimen(), ScanOf(size_px), IndexOf(number, size_px), places_nm);
}

absl::StatusOr<v1::Frame> FrameRenderer::RenderContent(int64_t index, int size_px) const {
  const std::shared_ptr<const Specimen> specimen = this->specimen();
  ASSIGN_OR_RETURN(const SimulatedFrame rendered, RenderFrame(*specimen, ScanOf(size_px), index));
  v1::Frame frame;
  frame.set_detector("HAADF");
  frame.set_width_px(size_px);
  frame.set_height_px(size_px);
  const bool counts = options_.pixel_type == "u16";
  frame.set_pixel_type(counts ? v1::PIXEL_TYPE_U16 : v1::PIXEL_TYPE_F32);
  frame.set_pixels(counts ? CountRows(rendered.image) : FloatRows(rendered.image));
  frame.set_pixel_size_nm(stated_pixel_size_nm());
  frame.set_field_of_view_nm(stated_pixel_size_nm() * size_px);
  frame.mutable_dwell_time()->set_seconds(static_cast<int64_t>(options_.dwell_time_us / 1e6));
  frame.mutable_dwell_time()->set_nanos(
      static_cast<int32_t>(std::fmod(options_.dwell_time_us, 1e6) * 1e3));
  frame.set_material(options_.material);
  if (options_.truth) {
    v1::GroundTruth& truth = *frame.mutable_ground_truth();
    for (const std::string& species : specimen->species) truth.add_species_names(species);
    for (const TrueAtom& atom : rendered.atoms) {
      truth.add_x_px(static_cast<float>(atom.x_px));
      truth.add_y_px(static_cast<float>(atom.y_px));
      truth.add_species(static_cast<uint32_t>(atom.species));
    }
  }
  return frame;
}

absl::StatusOr<v1::Frame> FrameRenderer::Render(int64_t number, int size_px,
                                                absl::Time time) const {
  v1::Frame frame;
  if (!ahead_.empty() && size_px == options_.size_px) {
    frame = ahead_[static_cast<size_t>(IndexOf(number, size_px))];
  } else {
    ASSIGN_OR_RETURN(frame, RenderContent(IndexOf(number, size_px), size_px));
  }
  frame.set_frame_number(number);
  frame.set_frame_id(absl::StrCat("sim-", run_id_, "-", number));
  const int64_t nanos = absl::ToUnixNanos(time);
  frame.mutable_acquisition_time()->set_seconds(nanos / 1000000000);
  frame.mutable_acquisition_time()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
  return frame;
}

}  // namespace atomstream
