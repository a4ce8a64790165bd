#include "core/lattice/spectral_peaks.h"

#include <cmath>

#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

Image Wave(double u, double v, double noise) {
  Image image(256, 256);
  cv::RNG(3).fill(image, cv::RNG::NORMAL, 0.0, noise > 0 ? noise : 1e-6);
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 256; ++x) {
      image(y, x) += static_cast<float>(std::cos(2 * M_PI * (u * x + v * y)));
    }
  }
  return image;
}

TEST(SpectralPeaksTest, MeasuresAFrequencyToAFractionOfABin) {
  for (const auto& [u, v] : {std::pair{0.1234, 0.0567}, {0.0791, -0.2113}, {0.2, 0.0}}) {
    const SpectralPeaks peaks = FindSpectralPeaks(Wave(u, v, 0.5));
    ASSERT_FALSE(peaks.peaks.empty());
    const Vector2 found = peaks.peaks[0].frequency;
    const double side = found.x * u + found.y * v >= 0 ? 1 : -1;
    // A tenth of the 1 / 256 that one period over the frame is.
    EXPECT_NEAR(side * found.x, u, 0.0004);
    EXPECT_NEAR(side * found.y, v, 0.0004);
  }
}

TEST(SpectralPeaksTest, ShadingOfTheFrameIsNoPeak) {
  // Two and a half periods over the frame: fewer than four are no lattice.
  const SpectralPeaks peaks = FindSpectralPeaks(Wave(2.5 / 256, 0, 0.3));
  for (const SpectralPeak& peak : peaks.peaks)
    EXPECT_GT(std::hypot(peak.frequency.x, peak.frequency.y), 3.5 / 256);
}

TEST(SpectralPeaksTest, NoiseHasOnlyFaintPeaks) {
  Image noise(256, 256);
  cv::RNG(9).fill(noise, cv::RNG::NORMAL, 0.0, 1.0);
  const SpectralPeaks peaks = FindSpectralPeaks(noise);
  // The spectrum has some 1e5 correlated bins: beyond ln(1e5) + 5 chance does not reach.
  for (const SpectralPeak& peak : peaks.peaks) EXPECT_LT(peak.snr, 17);
}

TEST(SpectralPeaksTest, ReportsTheNoiseVariance) {
  Image noise(256, 256);
  cv::RNG(9).fill(noise, cv::RNG::NORMAL, 0.0, 0.3);
  const SpectralPeaks peaks = FindSpectralPeaks(noise);
  const size_t ring = static_cast<size_t>(0.3 / peaks.resolution);
  // The median of about 1,000 exponential values scatters by some 5 %.
  EXPECT_NEAR(peaks.noise_variance[ring], 0.09, 0.02);
}

TEST(SpectralPeaksTest, SnrNearTellsPeakFromElsewhere) {
  const SpectralPeaks peaks = FindSpectralPeaks(Wave(0.1234, 0.0567, 0.5));
  EXPECT_GT(peaks.SnrNear({0.1234, 0.0567}), 100);
  EXPECT_GT(peaks.SnrNear({-0.1234, -0.0567}), 100);
  EXPECT_LT(peaks.SnrNear({0.3, 0.3}), 30);
  EXPECT_EQ(peaks.SnrNear({0.6, 0}), 0);
}

TEST(SpectralPeaksTest, ConstantAndTinyImagesHaveNone) {
  EXPECT_TRUE(FindSpectralPeaks(Image(64, 64, 0.5f)).peaks.empty());
  EXPECT_TRUE(FindSpectralPeaks(Image(8, 8, 0.5f)).peaks.empty());
}

}  // namespace
}  // namespace atomstream
