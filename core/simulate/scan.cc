#include "core/simulate/scan.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/simulate/noise.h"
#include "core/simulate/random.h"

namespace atomstream {
namespace {

constexpr double kReachInSigmas = 5;  // exp(-12.5): an atom's tail is cut at 4e-6 of its peak

enum Stream : uint64_t { kLineJitter, kNoise, kHotPixels };

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("scan.", name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

absl::Status Validate(const ScanOptions& o, int64_t frame_index) {
  RETURN_IF_ERROR(CheckRange("width_px", o.width_px, Frame::kMinSide, Frame::kMaxSide));
  RETURN_IF_ERROR(CheckRange("height_px", o.height_px, Frame::kMinSide, Frame::kMaxSide));
  RETURN_IF_ERROR(CheckRange("pixel_size_nm", o.pixel_size_nm, 1e-5, 100));
  RETURN_IF_ERROR(CheckRange("probe_sigma_nm", o.probe_sigma_nm, 0, 100));
  RETURN_IF_ERROR(CheckRange("line_jitter_px", o.line_jitter_px, 0, 100));
  RETURN_IF_ERROR(CheckRange("drift_x_px_per_frame", o.drift_x_px_per_frame, -1e4, 1e4));
  RETURN_IF_ERROR(CheckRange("drift_y_px_per_frame", o.drift_y_px_per_frame, -1e4, 1e4));
  RETURN_IF_ERROR(CheckRange("dose_per_pixel", o.dose_per_pixel, 0, 1e9));
  RETURN_IF_ERROR(CheckRange("gaussian_noise", o.gaussian_noise, 0, 1e6));
  RETURN_IF_ERROR(CheckRange("hot_pixel_fraction", o.hot_pixel_fraction, 0, 1));
  RETURN_IF_ERROR(CheckRange("hot_pixel_value", o.hot_pixel_value, -1e6, 1e6));
  if (frame_index < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame_index = ", frame_index, ": must not be negative"));
  }
  return absl::OkStatus();
}

// How far the frame's centre may leave the specimen's, in px, along one axis.
absl::StatusOr<double> RoomPx(absl::string_view name, int side_px, double pixel_nm,
                              double half_specimen_nm, double reach_nm) {
  const double half_frame_nm = side_px * pixel_nm / 2;
  const double room_nm = half_specimen_nm - half_frame_nm - reach_nm;
  // A picometre for rounding.
  if (room_nm < -1e-3) {
    return absl::InvalidArgumentError(
        absl::StrCat("scan.", name, " = ", side_px, " at scan.pixel_size_nm = ", pixel_nm,
                     ": half a frame (", half_frame_nm, " nm) and the probe's reach (", reach_nm,
                     " nm) do not fit into half the specimen (", half_specimen_nm, " nm)"));
  }
  return std::max(0.0, room_nm / pixel_nm);
}

// The drift of a stage that turns back at +-limit.
double FoldDrift(double drift, double limit) {
  if (std::abs(drift) <= limit) return drift;
  if (limit <= 0) return 0;
  const double period = 4 * limit;
  double phase = std::fmod(drift + limit, period);
  if (phase < 0) phase += period;
  return (phase <= 2 * limit ? phase : period - phase) - limit;
}

// Where specimen coordinates lie in one frame.
struct View {
  double pixel_nm;
  double centre_x_px, centre_y_px;  // of the specimen

  double ToX(double x_nm) const { return centre_x_px + x_nm / pixel_nm; }
  double ToY(double y_nm) const { return centre_y_px + y_nm / pixel_nm; }
  double ToXNm(double x_px) const { return (x_px - centre_x_px) * pixel_nm; }
  double ToYNm(double y_px) const { return (y_px - centre_y_px) * pixel_nm; }
};

// values[i] += height * exp(-(first + i - centre)^2 / (2 sigma^2)), i in [0, count).
// The ratio of neighbouring values changes by a constant factor: two products a pixel, no exp.
void AddGaussian(double first_minus_centre, double sigma, double height, int count, float* values) {
  const double inverse = 1 / (sigma * sigma);
  double value = height * std::exp(-0.5 * first_minus_centre * first_minus_centre * inverse);
  double ratio = std::exp(-(first_minus_centre + 0.5) * inverse);
  const double change = std::exp(-inverse);
  for (int i = 0; i < count; ++i) {
    values[i] += static_cast<float>(value);
    value *= ratio;
    ratio *= change;
  }
}

// Adds the atom to the image; row_shift is empty or holds each row's shift to the right.
void AddAtom(double x, double y, double intensity, double sigma,
             const std::vector<double>& row_shift, std::vector<float>& profile, Image& image) {
  const double reach = kReachInSigmas * sigma;
  const int first_y = std::max(0, static_cast<int>(std::ceil(y - reach)));
  const int last_y = std::min(image.rows - 1, static_cast<int>(std::floor(y + reach)));
  const auto columns = [&](double centre) {
    return std::pair{std::max(0, static_cast<int>(std::ceil(centre - reach))),
                     std::min(image.cols - 1, static_cast<int>(std::floor(centre + reach)))};
  };
  const double inverse = 1 / (sigma * sigma);
  const auto height = [&](int row) {
    return intensity * std::exp(-0.5 * (row - y) * (row - y) * inverse);
  };
  if (row_shift.empty()) {
    const auto [first_x, last_x] = columns(x);
    const int count = last_x - first_x + 1;
    if (count <= 0) return;
    profile.assign(count, 0);
    AddGaussian(first_x - x, sigma, 1, count, profile.data());
    for (int row = first_y; row <= last_y; ++row) {
      const float weight = static_cast<float>(height(row));
      float* values = image[row] + first_x;
      for (int i = 0; i < count; ++i) values[i] += weight * profile[i];
    }
    return;
  }
  for (int row = first_y; row <= last_y; ++row) {
    const double centre = x + row_shift[row];
    const auto [first_x, last_x] = columns(centre);
    if (last_x < first_x) continue;
    AddGaussian(first_x - centre, sigma, height(row), last_x - first_x + 1, image[row] + first_x);
  }
}

// Adds contamination, which ends at the holes' edges as softly as the probe shows an edge.
void AddContamination(const Specimen& specimen, const View& view, double sigma_nm, Image& image) {
  if (specimen.contamination.empty()) return;
  Image field(image.rows, image.cols, 0.0f);
  specimen.contamination.AddTo({view.ToXNm(0), view.ToYNm(0)}, view.pixel_nm, field);
  for (const Hole& hole : specimen.holes) {
    const double reach_nm = hole.max_radius_nm() + 3 * sigma_nm;
    const double x = view.ToX(hole.centre_nm().x);
    const double y = view.ToY(hole.centre_nm().y);
    const double reach = reach_nm / view.pixel_nm;
    const int last_row = std::min(image.rows - 1, static_cast<int>(y + reach));
    const int last_column = std::min(image.cols - 1, static_cast<int>(x + reach));
    for (int row = std::max(0, static_cast<int>(y - reach)); row <= last_row; ++row) {
      for (int column = std::max(0, static_cast<int>(x - reach)); column <= last_column; ++column) {
        const double depth_sigmas = hole.DepthNm(view.ToXNm(column), view.ToYNm(row)) / sigma_nm;
        if (depth_sigmas <= -3) continue;
        const double share = depth_sigmas >= 3 ? 0 : 0.5 * std::erfc(depth_sigmas / std::sqrt(2.0));
        field(row, column) *= static_cast<float>(share);
      }
    }
  }
  image += field;
}

cv::Mat_<uint8_t> VacuumMask(const Specimen& specimen, const View& view, int width, int height) {
  cv::Mat_<uint8_t> mask(height, width, static_cast<uint8_t>(0));
  for (const Hole& hole : specimen.holes) {
    const double x = view.ToX(hole.centre_nm().x);
    const double y = view.ToY(hole.centre_nm().y);
    const double reach = hole.max_radius_nm() / view.pixel_nm;
    const int last_row = std::min(height - 1, static_cast<int>(y + reach));
    const int last_column = std::min(width - 1, static_cast<int>(x + reach));
    for (int row = std::max(0, static_cast<int>(y - reach)); row <= last_row; ++row) {
      for (int column = std::max(0, static_cast<int>(x - reach)); column <= last_column; ++column) {
        if (hole.Contains(view.ToXNm(column), view.ToYNm(row))) mask(row, column) = 1;
      }
    }
  }
  return mask;
}

void ScaleToUnitRange(Image& image) {
  double low = 0, high = 0;
  cv::minMaxLoc(image, &low, &high);
  const float scale = high > low ? static_cast<float>(1 / (high - low)) : 0.0f;
  const float zero = static_cast<float>(low);
  for (int y = 0; y < image.rows; ++y) {
    float* row = image[y];
    for (int x = 0; x < image.cols; ++x) row[x] = (row[x] - zero) * scale;
  }
}

SimulatedFrame Render(const Specimen& specimen, const ScanOptions& scan, const View& view,
                      double sigma_nm, uint64_t seed) {
  SimulatedFrame frame;
  frame.image = Image(scan.height_px, scan.width_px, 0.0f);
  std::vector<double> row_shift;
  if (scan.line_jitter_px > 0) {
    Random random(DeriveSeed(seed, kLineJitter));
    row_shift.resize(scan.height_px);
    for (double& shift : row_shift) shift = scan.line_jitter_px * random.Normal();
  }
  const double sigma_px = sigma_nm / view.pixel_nm;
  // A shifted row can show an atom from beyond the frame's edge.
  double farthest_shift = 0;
  for (const double shift : row_shift) farthest_shift = std::max(farthest_shift, std::abs(shift));
  const double reach_px = kReachInSigmas * sigma_px;
  std::vector<float> profile;
  for (const SpecimenAtom& atom : specimen.atoms) {
    const double x = view.ToX(atom.x_nm);
    const double y = view.ToY(atom.y_nm);
    if (x < -reach_px - farthest_shift || x > scan.width_px + reach_px + farthest_shift ||
        y < -reach_px || y > scan.height_px + reach_px) {
      continue;
    }
    AddAtom(x, y, atom.intensity, sigma_px, row_shift, profile, frame.image);
    if (x >= -0.5 && x < scan.width_px - 0.5 && y >= -0.5 && y < scan.height_px - 0.5) {
      frame.atoms.push_back({x, y, atom.species, atom.intensity});
    }
  }
  AddContamination(specimen, view, sigma_nm, frame.image);
  frame.vacuum = VacuumMask(specimen, view, scan.width_px, scan.height_px);
  ScaleToUnitRange(frame.image);

  Random noise(DeriveSeed(seed, kNoise));
  if (scan.dose_per_pixel > 0) AddPoissonNoise(scan.dose_per_pixel, noise, frame.image);
  if (scan.gaussian_noise > 0) AddGaussianNoise(scan.gaussian_noise, noise, frame.image);
  Random hot(DeriveSeed(seed, kHotPixels));
  AddHotPixels(scan.hot_pixel_fraction, scan.hot_pixel_value, hot, frame.image);
  return frame;
}

// How one frame sees the specimen.
struct Look {
  View view;
  double sigma_nm;
  double drift_x_px, drift_y_px;
};

absl::StatusOr<Look> LookAt(const Specimen& specimen, const ScanOptions& scan,
                            int64_t frame_index) {
  RETURN_IF_ERROR(Validate(scan, frame_index));
  const double sigma_nm =
      scan.probe_sigma_nm > 0 ? scan.probe_sigma_nm : DefaultProbeSigmaNm(specimen.material);
  const double reach_nm = kReachInSigmas * sigma_nm;
  ASSIGN_OR_RETURN(const double room_x, RoomPx("width_px", scan.width_px, scan.pixel_size_nm,
                                               specimen.half_width_nm(), reach_nm));
  ASSIGN_OR_RETURN(const double room_y, RoomPx("height_px", scan.height_px, scan.pixel_size_nm,
                                               specimen.half_height_nm(), reach_nm));
  const double drift_x =
      FoldDrift(scan.drift_x_px_per_frame * static_cast<double>(frame_index), room_x);
  const double drift_y =
      FoldDrift(scan.drift_y_px_per_frame * static_cast<double>(frame_index), room_y);
  const View view{scan.pixel_size_nm, (scan.width_px - 1) / 2.0 + drift_x,
                  (scan.height_px - 1) / 2.0 + drift_y};
  return Look{view, sigma_nm, drift_x, drift_y};
}

}  // namespace

std::vector<PointPx> SimulatedFrame::Positions() const {
  std::vector<PointPx> positions;
  positions.reserve(atoms.size());
  for (const TrueAtom& atom : atoms) positions.push_back({atom.x_px, atom.y_px});
  return positions;
}

double DefaultProbeSigmaNm(const Material& material) {
  return 0.32 * material.NearestNeighbourDistanceNm();
}

absl::StatusOr<SimulatedFrame> RenderFrame(const Specimen& specimen, const ScanOptions& scan,
                                           int64_t frame_index) {
  ASSIGN_OR_RETURN(const Look look, LookAt(specimen, scan, frame_index));
  const uint64_t seed = DeriveSeed(scan.seed, static_cast<uint64_t>(frame_index));
  return CatchToStatus("RenderFrame", [&]() -> absl::StatusOr<SimulatedFrame> {
    SimulatedFrame frame = Render(specimen, scan, look.view, look.sigma_nm, seed);
    frame.drift_x_px = look.drift_x_px;
    frame.drift_y_px = look.drift_y_px;
    return frame;
  });
}

absl::StatusOr<Vector2> SpecimenPlaceNm(const Specimen& specimen, const ScanOptions& scan,
                                        int64_t frame_index, double x_fraction, double y_fraction) {
  RETURN_IF_ERROR(CheckRange("x_fraction", x_fraction, 0, 1));
  RETURN_IF_ERROR(CheckRange("y_fraction", y_fraction, 0, 1));
  ASSIGN_OR_RETURN(const Look look, LookAt(specimen, scan, frame_index));
  return Vector2{look.view.ToXNm(x_fraction * scan.width_px - 0.5),
                 look.view.ToYNm(y_fraction * scan.height_px - 0.5)};
}

absl::StatusOr<std::vector<PointPx>> FramePlacesPx(const Specimen& specimen,
                                                   const ScanOptions& scan, int64_t frame_index,
                                                   const std::vector<Vector2>& places_nm) {
  ASSIGN_OR_RETURN(const Look look, LookAt(specimen, scan, frame_index));
  std::vector<PointPx> places;
  places.reserve(places_nm.size());
  for (const Vector2& place : places_nm) {
    places.push_back({look.view.ToX(place.x), look.view.ToY(place.y)});
  }
  return places;
}

}  // namespace atomstream
