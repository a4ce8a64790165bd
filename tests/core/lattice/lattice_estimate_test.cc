#include "core/lattice/lattice_estimate.h"

#include <cmath>

#include "gtest/gtest.h"
#include "opencv2/core.hpp"
#include "tests/core/lattice/simulated_frame.h"

namespace atomstream {
namespace {

struct Case {
  std::string material;
  double pixel_size_nm;
  double noise;
};

class LatticeEstimateTest : public ::testing::TestWithParam<Case> {};

TEST_P(LatticeEstimateTest, MeasuresThePixelSizeOfAKnownMaterial) {
  const TestFrame frame =
      MakeTestFrame(GetParam().material, GetParam().pixel_size_nm, GetParam().noise);
  const SpectralPeaks peaks = FindSpectralPeaks(frame.image);
  // Metadata right, unknown, and 20 % wrong either way: the measurement is the same.
  for (double factor : {1.0, 0.0, 0.8, 1.2}) {
    const LatticeEstimate lattice =
        EstimateKnownLattice(peaks, frame.material, factor * GetParam().pixel_size_nm);
    ASSERT_TRUE(lattice.found) << "metadata factor " << factor;
    // A tenth of a spectral bin at the first reflection, some 20 bins out.
    EXPECT_NEAR(lattice.pixel_size_nm_measured / GetParam().pixel_size_nm, 1, 0.006);
    EXPECT_EQ(lattice.pixel_size_nm_used, lattice.pixel_size_nm_measured);
    EXPECT_EQ(lattice.metadata_disagrees, factor == 0.8 || factor == 1.2);
    EXPECT_NEAR(lattice.density_per_px2 / (frame.material.DensityPerNm2() *
                                           GetParam().pixel_size_nm * GetParam().pixel_size_nm),
                1, 0.012);
  }
}

TEST_P(LatticeEstimateTest, MeasuresAnUnknownMaterial) {
  const TestFrame frame =
      MakeTestFrame(GetParam().material, GetParam().pixel_size_nm, GetParam().noise);
  const LatticeEstimate lattice =
      EstimateUnknownLattice(FindSpectralPeaks(frame.image), frame.image, 0);
  ASSERT_TRUE(lattice.found);
  const double d_nn_px = frame.material.NearestNeighbourDistanceNm() / GetParam().pixel_size_nm;
  // Columns of the averaged cell are placed to a fraction of its 40 bins, in noise.
  EXPECT_NEAR(lattice.d_nn_px / d_nn_px, 1, 0.08);
  EXPECT_NEAR(lattice.density_per_px2 / (frame.material.DensityPerNm2() * GetParam().pixel_size_nm *
                                         GetParam().pixel_size_nm),
              1, 0.012);
  EXPECT_EQ(lattice.pixel_size_nm_measured, 0);
}

INSTANTIATE_TEST_SUITE_P(MaterialsAndNoise, LatticeEstimateTest,
                         ::testing::Values(Case{"graphene", 0.02, 0.0}, Case{"graphene", 0.02, 0.5},
                                           Case{"graphene", 0.03, 0.3}, Case{"SrTiO3", 0.02, 0.0},
                                           Case{"SrTiO3", 0.02, 0.9}, Case{"SrTiO3", 0.03, 0.5}));

TEST(KnownLatticeTest, HeavyNoiseIsNoHindrance) {
  const TestFrame frame = MakeTestFrame("graphene", 0.02, 0.9);
  const LatticeEstimate lattice =
      EstimateKnownLattice(FindSpectralPeaks(frame.image), frame.material, 0.02);
  ASSERT_TRUE(lattice.found);
  EXPECT_NEAR(lattice.pixel_size_nm_measured, 0.02, 0.0002);
}

TEST(KnownLatticeTest, FollowsStrain) {
  const TestFrame frame = MakeTestFrame("graphene", 0.02, 0.2, 0, 0.04);
  const LatticeEstimate lattice =
      EstimateKnownLattice(FindSpectralPeaks(frame.image), frame.material, 0.02);
  ASSERT_TRUE(lattice.found);
  // 4 % along one axis stretches the cell's area by 4 %.
  EXPECT_NEAR(lattice.density_per_px2 / (frame.material.DensityPerNm2() * 0.0004), 1 / 1.04, 0.01);
}

TEST(KnownLatticeTest, FindsBothGrainsOfABoundary) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (double noise : {0.0, 0.4}) {
      const TestFrame frame = MakeTestFrame(material, 0.03, noise, 0, 0, /*two_grains=*/true);
      const LatticeEstimate lattice =
          EstimateKnownLattice(FindSpectralPeaks(frame.image), frame.material, 0.03);
      EXPECT_EQ(lattice.grains, 2) << material << " noise " << noise;
      // The grains' peaks are broad, and some lie side by side.
      EXPECT_NEAR(lattice.pixel_size_nm_measured, 0.03, 0.0006);
    }
  }
}

TEST(KnownLatticeTest, OneCrystalIsOneGrain) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (double noise : {0.0, 0.3, 0.9}) {
      const TestFrame frame = MakeTestFrame(material, 0.03, noise);
      const LatticeEstimate lattice =
          EstimateKnownLattice(FindSpectralPeaks(frame.image), frame.material, 0.03);
      EXPECT_EQ(lattice.grains, 1) << material << " noise " << noise;
    }
  }
}

TEST(KnownLatticeTest, NoiseAloneIsNoLattice) {
  Image noise(256, 256);
  cv::RNG(21).fill(noise, cv::RNG::NORMAL, 0.5, 0.2);
  const Material graphene = *FindMaterial("graphene", {});
  const LatticeEstimate lattice = EstimateKnownLattice(FindSpectralPeaks(noise), graphene, 0.02);
  EXPECT_FALSE(lattice.found);
  EXPECT_NEAR(lattice.d_nn_px, 7.1, 0.01);  // from metadata and material
  EXPECT_EQ(lattice.pixel_size_nm_measured, 0);
  EXPECT_EQ(EstimateKnownLattice(FindSpectralPeaks(noise), graphene, 0).d_nn_px, 0);
}

TEST(UnknownLatticeTest, ConstantImageHasNone) {
  const Image flat(64, 64, 0.5f);
  EXPECT_FALSE(EstimateUnknownLattice(FindSpectralPeaks(flat), flat, 0.02).found);
}

}  // namespace
}  // namespace atomstream
