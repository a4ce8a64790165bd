#include "core/lattice/pose_search.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "core/lattice/vector_math.h"

namespace atomstream {
namespace {

constexpr int kStrongestPeaks = 16;  // one of these is a reflection of the lattice, if there is one

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

// How well a pose explains the peaks: the share of the expected power that is seen, times the share
// of the seen peaks that is expected.
PoseFit Score(const Pose& pose, const std::vector<Reflection>& reflections,
              const SpectralPeaks& peaks) {
  PoseFit fit;
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
  if (expected > 0 && total > 0) {
    fit.coverage = seen / expected;
    fit.score = fit.coverage * (explained / total);
  }
  return fit;
}

}  // namespace

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

PoseFit FindPose(const SpectralPeaks& peaks, const std::vector<Reflection>& reflections,
                 double pixel_size_nm, double max_factor) {
  PoseFit best;
  const int strongest = std::min<int>(peaks.peaks.size(), kStrongestPeaks);
  for (int i = 0; i < strongest; ++i) {
    const Vector2& frequency = peaks.peaks[i].frequency;
    for (const Reflection& reflection : reflections) {
      const double scale = Length(frequency) / Length(reflection.frequency);
      double prior = 1;
      if (pixel_size_nm > 0) {
        const double factor = std::abs(std::log(scale / pixel_size_nm));
        if (factor > std::log(max_factor)) continue;
        prior = std::exp(-0.5 * factor * factor / 0.25);  // mild: breaks ties only
      }
      for (bool mirrored : {false, true}) {
        Vector2 unrotated = reflection.frequency;
        if (mirrored) unrotated.y = -unrotated.y;
        const double angle =
            std::atan2(frequency.y, frequency.x) - std::atan2(unrotated.y, unrotated.x);
        PoseFit fit = Score({scale, angle, mirrored}, reflections, peaks);
        fit.score *= prior;
        if (fit.score > best.score + 1e-9) best = std::move(fit);
      }
    }
  }
  return best;
}

}  // namespace atomstream
