#include "core/lattice/reciprocal_fit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/lattice/vector_math.h"

namespace atomstream {
namespace {

// The peak's frequency or its mirror image, whichever is nearer to `predicted`.
Vector2 SameSide(const Vector2& frequency, const Vector2& predicted) {
  return Dot(frequency, predicted) >= 0 ? frequency : -1.0 * frequency;
}

struct Indexing {
  double score = 0;
  std::vector<IndexedPeak> indexed;
};

// Indexes all peaks by the basis, as far out as the peaks reach.
Indexing IndexAll(const SpectralPeaks& peaks, const std::array<Vector2, 2>& basis) {
  Indexing result;
  double total = 0;
  double reach = 0;
  for (const SpectralPeak& peak : peaks.peaks) {
    total += peak.strength;
    reach = std::max(reach, Length(peak.frequency));
  }
  const double decay = Length(basis[0]) + Length(basis[1]);
  double nodes = 0;
  double filled = 0;
  double explained = 0;
  constexpr int kMaxIndex = 6;
  for (int h = 0; h <= kMaxIndex; ++h) {
    for (int k = h == 0 ? 1 : -kMaxIndex; k <= kMaxIndex; ++k) {
      const Vector2 frequency =
          static_cast<double>(h) * basis[0] + static_cast<double>(k) * basis[1];
      const double length = Length(frequency);
      if (length > 1.02 * reach) continue;
      // Empty nodes close to the origin count most: far ones are weak anyway.
      const double weight = std::exp(-std::pow(length / decay, 2));
      nodes += weight;
      const SpectralPeak* peak = NearestPeak(peaks, frequency, 0.03);
      if (peak == nullptr) continue;
      filled += weight;
      explained += peak->strength;
      result.indexed.push_back({h, k, frequency, peak});
    }
  }
  result.score = total > 0 && nodes > 0 ? (explained / total) * std::sqrt(filled / nodes) : 0;
  return result;
}

// The two shortest vectors that span the same lattice (Gauss's reduction).
std::array<Vector2, 2> ShortestBasis(std::array<Vector2, 2> basis) {
  for (int step = 0; step < 32; ++step) {
    if (Length(basis[1]) < Length(basis[0])) std::swap(basis[0], basis[1]);
    const double shift = std::round(Dot(basis[0], basis[1]) / Dot(basis[0], basis[0]));
    if (shift == 0) break;
    basis[1] = basis[1] - shift * basis[0];
  }
  return basis;
}

}  // namespace

const SpectralPeak* NearestPeak(const SpectralPeaks& peaks, const Vector2& frequency,
                                double tolerance) {
  double limit = std::max(1.5 * peaks.resolution, tolerance * Length(frequency));
  const SpectralPeak* nearest = nullptr;
  for (const SpectralPeak& peak : peaks.peaks) {
    const double distance = Length(SameSide(peak.frequency, frequency) - frequency);
    if (distance < limit) {
      limit = distance;
      nearest = &peak;
    }
  }
  return nearest;
}

std::optional<std::array<Vector2, 2>> FitReciprocalBasis(const std::vector<IndexedPeak>& indexed) {
  double hh = 0, hk = 0, kk = 0;
  Vector2 h_sum, k_sum;
  for (const IndexedPeak& entry : indexed) {
    const double weight = entry.peak->strength;
    const Vector2 frequency = SameSide(entry.peak->frequency, entry.predicted);
    hh += weight * entry.h * entry.h;
    hk += weight * entry.h * entry.k;
    kk += weight * entry.k * entry.k;
    h_sum = h_sum + weight * entry.h * frequency;
    k_sum = k_sum + weight * entry.k * frequency;
  }
  const double determinant = hh * kk - hk * hk;
  if (!(determinant > 1e-6 * std::max(hh, kk) * std::max(hh, kk))) return std::nullopt;
  const std::array<Vector2, 2> basis = {(1 / determinant) * (kk * h_sum - hk * k_sum),
                                        (1 / determinant) * (hh * k_sum - hk * h_sum)};
  if (!(std::abs(Cross(basis[0], basis[1])) > 1e-9)) return std::nullopt;
  return basis;
}

std::optional<std::array<Vector2, 2>> FindReciprocalBasis(const SpectralPeaks& peaks) {
  const int strongest = std::min<int>(peaks.peaks.size(), 14);
  Indexing best;
  for (int i = 0; i < strongest; ++i) {
    for (int j = i + 1; j < strongest; ++j) {
      const Vector2& a = peaks.peaks[i].frequency;
      const Vector2& b = peaks.peaks[j].frequency;
      // Angles below 25 degrees describe the same lattice with longer vectors.
      if (std::abs(Cross(a, b)) < 0.42 * Length(a) * Length(b)) continue;
      Indexing indexing = IndexAll(peaks, {a, b});
      if (indexing.score > best.score) best = std::move(indexing);
    }
  }
  if (best.indexed.size() < 2) return std::nullopt;
  std::optional<std::array<Vector2, 2>> basis = FitReciprocalBasis(best.indexed);
  if (basis) *basis = ShortestBasis(*basis);
  return basis;
}

}  // namespace atomstream
