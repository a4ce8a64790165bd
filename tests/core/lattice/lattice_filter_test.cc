#include "core/lattice/lattice_filter.h"

#include "core/lattice/lattice_estimate.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "tests/core/lattice/simulated_frame.h"

namespace atomstream {
namespace {

LatticeFiltered Filter(const TestFrame& frame, double pixel_size_nm) {
  const SpectralPeaks peaks = FindSpectralPeaks(frame.image);
  const LatticeEstimate lattice = EstimateKnownLattice(peaks, frame.material, pixel_size_nm);
  EXPECT_TRUE(lattice.found);
  return ApplyLatticeFilter(frame.image,
                            LatticeFrequencies(lattice.reflections, peaks, lattice.d_nn_px), peaks,
                            lattice.d_nn_px);
}

double Correlation(const Image& a, const Image& b) {
  const Image da = a - cv::mean(a)[0];
  const Image db = b - cv::mean(b)[0];
  return da.dot(db) / std::sqrt(da.dot(da) * db.dot(db));
}

TEST(LatticeFilterTest, BringsANoisyFrameCloserToTheCleanOne) {
  const Image clean = MakeTestFrame("graphene", 0.02, 0).image;
  const TestFrame noisy = MakeTestFrame("graphene", 0.02, 0.5);
  const double before = Correlation(noisy.image, clean);
  const double after = Correlation(Filter(noisy, 0.02).filtered, clean);
  EXPECT_LT(before, 0.5);
  EXPECT_GT(after, 0.8);
}

TEST(LatticeFilterTest, HoleIsKnownAsVacuum) {
  for (const auto& [material, pixel, noise] : {std::tuple{"graphene", 0.02, 0.0},
                                               {"graphene", 0.02, 0.3},
                                               {"graphene", 0.03, 0.5},
                                               {"SrTiO3", 0.02, 0.0},
                                               {"SrTiO3", 0.03, 0.5}}) {
    const TestFrame frame = MakeTestFrame(material, pixel, noise, 0.067);
    const LatticeFiltered filtered = Filter(frame, pixel);
    const double share = 1 - cv::sum(frame.simulated.vacuum)[0] / (256.0 * 256.0);
    // N_expected is off by as much as this share: 3 % of QC.
    EXPECT_NEAR(cv::mean(filtered.material)[0], share, 0.03) << material << " noise " << noise;
    cv::Mat_<uint8_t> deep;  // of the hole only the inside: the edge itself is a matter of taste
    cv::erode(frame.simulated.vacuum, deep, cv::Mat(), cv::Point(-1, -1), 6);
    ASSERT_GT(cv::countNonZero(deep), 100);
    EXPECT_LT(cv::mean(filtered.material, deep)[0], 0.1) << material << " noise " << noise;
  }
}

TEST(LatticeFilterTest, FullFrameIsAllMaterial) {
  for (double noise : {0.0, 0.5}) {
    EXPECT_GT(cv::mean(Filter(MakeTestFrame("SrTiO3", 0.02, noise), 0.02).material)[0], 0.97);
  }
}

TEST(LatticeFilterTest, WithoutFrequenciesNothingPassesAndAllIsMaterial) {
  const TestFrame frame = MakeTestFrame("graphene", 0.02, 0.1);
  const LatticeFiltered filtered =
      ApplyLatticeFilter(frame.image, {}, FindSpectralPeaks(frame.image), 7.1);
  EXPECT_EQ(cv::countNonZero(filtered.filtered), 0);
  EXPECT_EQ(cv::mean(filtered.material)[0], 1);
}

TEST(LatticeFilterTest, SmallFramesKeepTheirSize) {
  const TestFrame frame = MakeTestFrame("graphene", 0.02, 0.1);
  const Image small = frame.image(cv::Rect(0, 0, 40, 33)).clone();
  const LatticeFiltered filtered =
      ApplyLatticeFilter(small, {{0.09, 0.02}}, FindSpectralPeaks(small), 7.1);
  EXPECT_EQ(filtered.filtered.size(), small.size());
  EXPECT_EQ(filtered.material.size(), small.size());
}

}  // namespace
}  // namespace atomstream
