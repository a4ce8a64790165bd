#include "core/lattice/lattice_estimate.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "core/lattice/reciprocal_fit.h"
#include "core/lattice/unit_cell.h"
#include "core/lattice/vector_math.h"

namespace atomstream {
namespace {

constexpr double kMaxScaleFactor = 1.4;  // how wrong the metadata's pixel size may be
constexpr double kDisagreement = 0.05;   // beyond this, metadata and measurement disagree
constexpr double kMinScore = 0.2;        // below this, the peaks do not form the lattice

// One reflection of a known material.
struct Reflection {
  int h, k;
  Vector2 frequency;  // cycles per nm
  double weight;      // expected power, arbitrary unit
};

// The reflections out to 2.7 times the shortest, with the power they would have for Gaussian
// columns of a width of 0.3 d_NN.
std::vector<Reflection> ReflectionsOf(const Material& material) {
  const std::array<Vector2, 2> dual = DualBasis(material.vectors_nm);
  const double shortest = std::min(
      {Length(dual[0]), Length(dual[1]), Length(dual[0] + dual[1]), Length(dual[0] - dual[1])});
  const double width = 0.3 * material.NearestNeighbourDistanceNm();
  std::vector<Reflection> reflections;
  double strongest = 0;
  for (int h = -4; h <= 4; ++h) {
    for (int k = -4; k <= 4; ++k) {
      const Vector2 g = h * dual[0] + k * dual[1];
      const double length = Length(g);
      if (length < 0.5 * shortest || length > 2.7 * shortest) continue;
      std::complex<double> amplitude = 0;
      for (const BasisAtom& atom : material.basis) {
        amplitude +=
            std::polar(atom.intensity, 2 * M_PI * (h * atom.fraction.x + k * atom.fraction.y));
      }
      const double weight =
          std::norm(amplitude) * std::exp(-std::pow(2 * M_PI * width * length, 2));
      strongest = std::max(strongest, weight);
      reflections.push_back({h, k, g, weight});
    }
  }
  std::erase_if(reflections, [&](const Reflection& r) { return r.weight < 1e-4 * strongest; });
  return reflections;
}

// A rotation, scale and handedness to try.
struct Pose {
  double pixel_size_nm;
  double angle;
  bool mirrored;

  Vector2 Apply(Vector2 frequency_per_nm) const {
    if (mirrored) frequency_per_nm.y = -frequency_per_nm.y;
    return pixel_size_nm * Rotated(frequency_per_nm, angle);
  }
};

struct ScoredFit {
  double score = 0;
  std::vector<IndexedPeak> indexed;
};

// How well a pose explains the peaks: the share of the expected power that is seen, times the share
// of the seen peaks that is expected.
ScoredFit Score(const Pose& pose, const std::vector<Reflection>& reflections,
                const SpectralPeaks& peaks) {
  ScoredFit fit;
  double expected = 0;
  double seen = 0;
  double explained = 0;
  double reach = 0;
  for (const Reflection& reflection : reflections) {
    const Vector2 frequency = pose.Apply(reflection.frequency);
    if (std::max(std::abs(frequency.x), std::abs(frequency.y)) > 0.48) continue;
    expected += reflection.weight;
    reach = std::max(reach, Length(frequency));
    const SpectralPeak* peak = NearestPeak(peaks, frequency, 0.04);
    if (peak == nullptr) continue;
    seen += reflection.weight;
    explained += 0.5 * peak->strength;  // a reflection and its mirror image share a peak
    fit.indexed.push_back({reflection.h, reflection.k, frequency, peak});
  }
  double total = 0;
  for (const SpectralPeak& peak : peaks.peaks) {
    if (Length(peak.frequency) < 1.05 * reach) total += peak.strength;
  }
  fit.score = expected > 0 && total > 0 ? (seen / expected) * (explained / total) : 0;
  return fit;
}

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

void FillFromVectors(const std::array<Vector2, 2>& reciprocal, int columns, LatticeEstimate& out) {
  out.found = true;
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
  ScoredFit best;
  const int strongest = std::min<int>(peaks.peaks.size(), 16);
  for (int i = 0; i < strongest; ++i) {
    const Vector2& frequency = peaks.peaks[i].frequency;
    for (const Reflection& reflection : reflections) {
      const double scale = Length(frequency) / Length(reflection.frequency);
      double prior = 1;
      if (pixel_size_nm > 0) {
        const double factor = std::abs(std::log(scale / pixel_size_nm));
        if (factor > std::log(kMaxScaleFactor)) continue;
        prior = std::exp(-0.5 * factor * factor / 0.25);  // mild: breaks ties only
      }
      for (bool mirrored : {false, true}) {
        Vector2 unrotated = reflection.frequency;
        if (mirrored) unrotated.y = -unrotated.y;
        const double angle =
            std::atan2(frequency.y, frequency.x) - std::atan2(unrotated.y, unrotated.x);
        ScoredFit fit = Score({scale, angle, mirrored}, reflections, peaks);
        fit.score *= prior;
        if (fit.score > best.score + 1e-9) best = std::move(fit);
      }
    }
  }
  if (best.score < kMinScore) return estimate;
  const std::optional<std::array<Vector2, 2>> reciprocal = FitReciprocalBasis(best.indexed);
  if (!reciprocal) return estimate;

  FillFromVectors(*reciprocal, static_cast<int>(material.basis.size()), estimate);
  const double cell_px2 = std::abs(Cross(estimate.vectors_px[0], estimate.vectors_px[1]));
  estimate.pixel_size_nm_measured = std::sqrt(material.CellAreaNm2() / cell_px2);
  estimate.pixel_size_nm_used = estimate.pixel_size_nm_measured;
  estimate.d_nn_px = d_nn_nm / estimate.pixel_size_nm_measured;
  estimate.reflections = VisibleReflections(*reciprocal, estimate.d_nn_px, peaks, reflections);
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
