#include "core/lattice/reciprocal_fit.h"

#include <cmath>

#include "core/lattice/vector_math.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

// Peaks of the lattice with reciprocal basis {a, b}, out to order 2.
SpectralPeaks PeaksOf(const Vector2& a, const Vector2& b) {
  SpectralPeaks peaks;
  peaks.resolution = 1.0 / 512;
  for (int h = 0; h <= 2; ++h) {
    for (int k = h == 0 ? 1 : -2; k <= 2; ++k) {
      peaks.peaks.push_back({static_cast<double>(h) * a + static_cast<double>(k) * b,
                             1000.0 / (h * h + k * k), 5.0 - std::log(h * h + k * k)});
    }
  }
  return peaks;
}

TEST(DualBasisTest, OfTheDualIsTheBasis) {
  const std::array<Vector2, 2> basis = {Vector2{3, 1}, Vector2{-1, 2}};
  const std::array<Vector2, 2> back = DualBasis(DualBasis(basis));
  for (int i = 0; i < 2; ++i) {
    EXPECT_NEAR(back[i].x, basis[i].x, 1e-12);
    EXPECT_NEAR(back[i].y, basis[i].y, 1e-12);
  }
}

TEST(FindReciprocalBasisTest, FindsTheCellOfALattice) {
  const Vector2 a{0.08, 0.01};
  const Vector2 b{0.02, 0.09};
  const auto basis = FindReciprocalBasis(PeaksOf(a, b));
  ASSERT_TRUE(basis.has_value());
  EXPECT_NEAR(std::abs(Cross((*basis)[0], (*basis)[1])), Cross(a, b), 1e-6);
}

TEST(FindReciprocalBasisTest, OneDirectionIsNoLattice) {
  SpectralPeaks peaks;
  peaks.resolution = 1.0 / 512;
  peaks.peaks = {{{0.1, 0.05}, 100, 3}, {{0.2, 0.1}, 50, 2}};
  EXPECT_FALSE(FindReciprocalBasis(peaks).has_value());
  EXPECT_FALSE(FindReciprocalBasis(SpectralPeaks()).has_value());
}

TEST(FitReciprocalBasisTest, AveragesOverThePeaks) {
  const SpectralPeak exact{{0.1, 0.0}, 100, 3};
  const SpectralPeak low{{0.0, 0.099}, 100, 3};
  const SpectralPeak high{{0.0, 0.202}, 100, 3};
  const auto basis = FitReciprocalBasis(
      {{1, 0, {0.1, 0}, &exact}, {0, 1, {0, 0.1}, &low}, {0, 2, {0, 0.2}, &high}});
  ASSERT_TRUE(basis.has_value());
  EXPECT_NEAR((*basis)[0].x, 0.1, 1e-12);
  EXPECT_NEAR((*basis)[1].y, (0.099 + 2 * 0.202) / 5, 1e-12);  // least squares
}

TEST(FitReciprocalBasisTest, CollinearPeaksGiveNothing) {
  const SpectralPeak peak{{0.1, 0.0}, 100, 3};
  EXPECT_FALSE(FitReciprocalBasis({{1, 0, {0.1, 0}, &peak}}).has_value());
  EXPECT_FALSE(FitReciprocalBasis({}).has_value());
}

TEST(NearestPeakTest, MirrorImageCounts) {
  SpectralPeaks peaks;
  peaks.resolution = 1.0 / 512;
  peaks.peaks = {{{0.1, 0.05}, 100, 3}};
  EXPECT_NE(NearestPeak(peaks, {-0.1, -0.05}, 0.03), nullptr);
  EXPECT_EQ(NearestPeak(peaks, {0.1, -0.05}, 0.03), nullptr);
}

}  // namespace
}  // namespace atomstream
