#include "core/lattice/lattice_estimate.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/lattice/pose_search.h"
#include "core/lattice/reciprocal_fit.h"
#include "core/lattice/unit_cell.h"
#include "core/lattice/vector_math.h"

namespace atomstream {
namespace {

constexpr double kMaxScaleFactor = 1.4;  // how wrong the metadata's pixel size may be
constexpr double kDisagreement = 0.05;   // beyond this, metadata and measurement disagree
constexpr double kMinScore = 0.2;        // below this, the peaks do not form the lattice
constexpr int kMaxGrains = 3;
constexpr double kMaxGrainScaleFactor = 1.03;  // between grains of one frame
// Share of the expected power that a further grain must show. Faint peaks of noise lie everywhere,
// so one or two of a grain's reflections are met by chance; nearly all of them are not.
constexpr double kMinGrainCoverage = 0.75;

// Nodes of the reciprocal lattice that carry the crystal's signal: out to 2.6 / d_NN, those whose
// power stands out, or must stand out given the strongest of the expected reflections.
std::vector<Vector2> VisibleReflections(const std::array<Vector2, 2>& reciprocal, double d_nn_px,
                                        const SpectralPeaks& peaks,
                                        const std::vector<Reflection>& expected) {
  constexpr double kVisibleSnr = 6;
  constexpr double kWorthKeepingSnr = 2;
  double snr_per_weight = 0;  // from the strongest reflection of the material
  double strongest = 0;
  const auto node = [&](int h, int k) {
    return static_cast<double>(h) * reciprocal[0] + static_cast<double>(k) * reciprocal[1];
  };
  for (const Reflection& reflection : expected) strongest = std::max(strongest, reflection.weight);
  int counted = 0;
  for (const Reflection& reflection : expected) {
    if (reflection.weight < 0.9 * strongest) continue;
    snr_per_weight += peaks.SnrNear(node(reflection.h, reflection.k)) / reflection.weight;
    ++counted;
  }
  if (counted > 0) snr_per_weight /= counted;
  std::vector<Vector2> visible;
  for (int h = 0; h <= 6; ++h) {
    for (int k = h == 0 ? 1 : -6; k <= 6; ++k) {
      const Vector2 frequency = node(h, k);
      if (Length(frequency) * d_nn_px > 2.6) continue;
      bool keep = peaks.SnrNear(frequency) > kVisibleSnr;
      for (const Reflection& reflection : expected) {
        keep |= reflection.h == h && reflection.k == k &&
                reflection.weight * snr_per_weight > kWorthKeepingSnr;
      }
      if (keep) visible.push_back(frequency);
    }
  }
  return visible;
}

// Peaks that are no node of the lattice.
SpectralPeaks Unexplained(const SpectralPeaks& peaks, const std::array<Vector2, 2>& reciprocal) {
  SpectralPeaks rest = peaks;
  const std::array<Vector2, 2> vectors = DualBasis(reciprocal);
  std::erase_if(rest.peaks, [&](const SpectralPeak& peak) {
    const double h = std::round(Dot(peak.frequency, vectors[0]));
    const double k = std::round(Dot(peak.frequency, vectors[1]));
    const Vector2 node = h * reciprocal[0] + k * reciprocal[1];
    return Length(peak.frequency - node) < 2 * peaks.resolution;
  });
  return rest;
}

// Other grains of the same material have the same scale. Each one found adds its reflections.
void AddOtherGrains(const std::array<Vector2, 2>& first, const std::vector<Reflection>& reflections,
                    const SpectralPeaks& peaks, LatticeEstimate& estimate) {
  SpectralPeaks rest = Unexplained(peaks, first);
  while (estimate.grains < kMaxGrains) {
    const PoseFit pose =
        FindPose(rest, reflections, estimate.pixel_size_nm_measured, kMaxGrainScaleFactor);
    if (pose.coverage < kMinGrainCoverage) return;
    const std::optional<std::array<Vector2, 2>> grain = FitReciprocalBasis(pose.indexed);
    if (!grain) return;
    const std::vector<Vector2> visible =
        VisibleReflections(*grain, estimate.d_nn_px, peaks, reflections);
    estimate.reflections.insert(estimate.reflections.end(), visible.begin(), visible.end());
    ++estimate.grains;
    rest = Unexplained(rest, *grain);
  }
}

void FillFromVectors(const std::array<Vector2, 2>& reciprocal, int columns, LatticeEstimate& out) {
  out.found = true;
  out.grains = 1;
  out.vectors_px = DualBasis(reciprocal);
  out.density_per_px2 = columns * std::abs(Cross(reciprocal[0], reciprocal[1]));
  double angle = std::fmod(std::atan2(out.vectors_px[0].y, out.vectors_px[0].x) + M_PI, M_PI);
  out.orientation_rad = angle < 0 ? angle + M_PI : angle;
}

}  // namespace

LatticeEstimate EstimateKnownLattice(const SpectralPeaks& peaks, const Material& material,
                                     double pixel_size_nm) {
  LatticeEstimate estimate;
  estimate.pixel_size_nm_metadata = pixel_size_nm;
  estimate.pixel_size_nm_used = pixel_size_nm;
  const double d_nn_nm = material.NearestNeighbourDistanceNm();
  if (pixel_size_nm > 0) {
    estimate.d_nn_px = d_nn_nm / pixel_size_nm;
    estimate.density_per_px2 = material.DensityPerNm2() * pixel_size_nm * pixel_size_nm;
  }

  const std::vector<Reflection> reflections = ReflectionsOf(material);
  const PoseFit pose = FindPose(peaks, reflections, pixel_size_nm, kMaxScaleFactor);
  if (pose.score < kMinScore) return estimate;
  const std::optional<std::array<Vector2, 2>> reciprocal = FitReciprocalBasis(pose.indexed);
  if (!reciprocal) return estimate;

  FillFromVectors(*reciprocal, static_cast<int>(material.basis.size()), estimate);
  const double cell_px2 = std::abs(Cross(estimate.vectors_px[0], estimate.vectors_px[1]));
  estimate.pixel_size_nm_measured = std::sqrt(material.CellAreaNm2() / cell_px2);
  estimate.pixel_size_nm_used = estimate.pixel_size_nm_measured;
  estimate.d_nn_px = d_nn_nm / estimate.pixel_size_nm_measured;
  estimate.reflections = VisibleReflections(*reciprocal, estimate.d_nn_px, peaks, reflections);
  AddOtherGrains(*reciprocal, reflections, peaks, estimate);
  estimate.metadata_disagrees =
      pixel_size_nm > 0 &&
      std::abs(estimate.pixel_size_nm_measured / pixel_size_nm - 1) > kDisagreement;
  return estimate;
}

LatticeEstimate EstimateUnknownLattice(const SpectralPeaks& peaks, const Image& image,
                                       double pixel_size_nm) {
  LatticeEstimate estimate;
  estimate.pixel_size_nm_metadata = pixel_size_nm;
  estimate.pixel_size_nm_used = pixel_size_nm;
  const std::optional<std::array<Vector2, 2>> reciprocal = FindReciprocalBasis(peaks);
  if (!reciprocal) return estimate;
  const UnitCell cell = AverageUnitCell(image, *reciprocal);
  if (cell.columns.empty()) return estimate;
  FillFromVectors(*reciprocal, static_cast<int>(cell.columns.size()), estimate);
  estimate.d_nn_px = cell.d_nn_px;
  estimate.reflections = VisibleReflections(*reciprocal, estimate.d_nn_px, peaks, {});
  return estimate;
}

}  // namespace atomstream
