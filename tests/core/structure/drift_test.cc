#include "core/structure/drift.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/simulate/noise.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

struct Scene {
  double pixel_size_nm = 0.02;
  double noise = 0.3;
  double vacancies = 0;
  double dopants = 0.01;
  PointPx drift{0, 0};
  double hot_pixels = 0;
  std::string material = "graphene";
  int side_px = 256;
};

std::vector<SimulatedFrame> Frames(const Scene& scene, int count, uint64_t seed = 1) {
  SpecimenOptions specimen;
  specimen.material = *FindMaterial(scene.material, {});
  specimen.field_width_nm = specimen.field_height_nm = scene.side_px * scene.pixel_size_nm;
  specimen.margin_nm = 3;
  specimen.rotation_rad = 0.3;
  specimen.vacancy_fraction = scene.vacancies;
  specimen.dopant_fraction = scene.dopants;
  specimen.seed = seed;
  ScanOptions scan;
  scan.width_px = scan.height_px = scene.side_px;
  scan.pixel_size_nm = scene.pixel_size_nm;
  scan.gaussian_noise = scene.noise;
  scan.drift_x_px_per_frame = scene.drift.x_px;
  scan.drift_y_px_per_frame = scene.drift.y_px;
  scan.hot_pixel_fraction = scene.hot_pixels;
  scan.seed = seed;
  const Specimen built = *BuildSpecimen(specimen);
  std::vector<SimulatedFrame> frames;
  for (int i = 0; i < count; ++i) frames.push_back(*RenderFrame(built, scan, i));
  return frames;
}

DriftEstimate Estimate(const Image& earlier, const Image& later,
                       std::optional<PointPx> expected = std::nullopt,
                       const DriftOptions& options = {}) {
  const auto a = MakeDriftView(earlier, options);
  const auto b = MakeDriftView(later, options);
  return *EstimateDrift(**a, **b, expected, options);
}

double Error(const DriftEstimate& estimate, const PointPx& truth) {
  return std::hypot(estimate.x_px - truth.x_px, estimate.y_px - truth.y_px);
}

// 256 px hold a quarter of the atoms of 512 px, where 0.05 px rms were measured at this noise:
// twice that, and three standard deviations.
constexpr double kNoisyTolerancePx = 0.3;

TEST(DriftTest, MeasuresSubPixelDriftInHeavyNoise) {
  for (const PointPx drift : {PointPx{4.9, 1.0}, PointPx{-3.3, -3.7}, PointPx{0.4, -0.3}}) {
    const std::vector<SimulatedFrame> frames = Frames({.drift = drift}, 2);
    const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image);
    EXPECT_EQ(estimate.state, DriftState::kMeasured);
    EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx) << drift.x_px << ", " << drift.y_px;
    EXPECT_GT(estimate.quality, 0.5);
    EXPECT_LT(estimate.uncertainty_px, kNoisyTolerancePx);
  }
}

TEST(DriftTest, StatesAnUncertaintyThatFitsItsErrors) {
  double squares = 0, stated = 0;
  constexpr int kFrames = 25;
  const std::vector<SimulatedFrame> frames = Frames({.drift = {1.3, -0.7}}, kFrames);
  int pairs = 0;
  for (int i = 1; i < kFrames; ++i) {
    const PointPx truth{frames[i].drift_x_px - frames[i - 1].drift_x_px,
                        frames[i].drift_y_px - frames[i - 1].drift_y_px};
    const DriftEstimate estimate = Estimate(frames[i - 1].image, frames[i].image);
    squares += std::pow(Error(estimate, truth), 2) / 2;
    stated += std::pow(estimate.uncertainty_px, 2);
    ++pairs;
  }
  // 48 squares of normal deviates scatter by 20 %; the stated variance is cautious by a factor 2.
  EXPECT_LT(squares, 1.5 * stated);
  EXPECT_GT(squares, 0.1 * stated);
}

TEST(DriftTest, IsNotFooledByALatticeVectorWhenThereAreDefects) {
  // Half of the lattice vector (6.1 px) is shorter than the drift; a rival of the perfect crystal
  // lies 1.3 px from zero.
  const PointPx drift{4.9, 1.0};
  const std::vector<SimulatedFrame> frames =
      Frames({.pixel_size_nm = 0.04, .dopants = 0.02, .drift = drift, .side_px = 512}, 2);
  const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image);
  EXPECT_EQ(estimate.state, DriftState::kMeasured);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, SaysThatAPerfectCrystalIsAmbiguous) {
  const PointPx drift{4.9, 1.0};
  const std::vector<SimulatedFrame> frames =
      Frames({.pixel_size_nm = 0.04, .dopants = 0, .drift = drift}, 2);
  const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image);
  EXPECT_EQ(estimate.state, DriftState::kAmbiguous);
  ASSERT_FALSE(estimate.rivals.empty());
  double nearest = Error(estimate, drift);
  for (const PointPx& rival : estimate.rivals) {
    nearest = std::min(nearest, std::hypot(rival.x_px - drift.x_px, rival.y_px - drift.y_px));
  }
  EXPECT_LT(nearest, kNoisyTolerancePx);
}

TEST(DriftTest, TheLastDriftSettlesAPerfectCrystal) {
  const PointPx drift{4.9, 1.0};
  const std::vector<SimulatedFrame> frames =
      Frames({.pixel_size_nm = 0.04, .dopants = 0, .drift = drift}, 2);
  const DriftOptions options{.max_step_px = 7, .step_change_px = 0.2};
  const DriftEstimate estimate =
      Estimate(frames[0].image, frames[1].image, PointPx{4.8, 1.1}, options);
  EXPECT_EQ(estimate.state, DriftState::kMeasured);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, KeepsTheExpectedDriftAmongManyThatLookAlike) {
  // 24 px hold about 14 lattice vectors of 12.3 px in 0.02 nm pixels, and 55 of 6.1 px in these:
  // more than are looked at closely.
  const PointPx drift{14.7, 3.0};
  const std::vector<SimulatedFrame> frames =
      Frames({.pixel_size_nm = 0.04, .dopants = 0, .drift = drift}, 2);
  const DriftOptions options{.max_step_px = 24, .step_change_px = 0.2};
  const DriftEstimate estimate =
      Estimate(frames[0].image, frames[1].image, PointPx{14.6, 3.1}, options);
  // The likeliest it is in any case; how likely depends on the noise.
  EXPECT_NE(estimate.state, DriftState::kLost);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, EvidenceOverrulesTheLastDriftWhenTheStageTurnsBack) {
  const PointPx drift{3.5, 3.5};
  const std::vector<SimulatedFrame> frames = Frames({.drift = drift}, 2);
  const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image, PointPx{-3.5, -3.5});
  EXPECT_EQ(estimate.state, DriftState::kMeasured);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, HotPixelsThatStandStillDoNotStopTheDrift) {
  const PointPx drift{3.2, -2.1};
  std::vector<SimulatedFrame> frames = Frames({.drift = drift}, 2);
  Random places(7);
  for (int i = 0; i < 300; ++i) {
    const int x = places.Index(256), y = places.Index(256);
    for (SimulatedFrame& frame : frames) frame.image(y, x) = 3;
  }
  const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image);
  EXPECT_EQ(estimate.state, DriftState::kMeasured);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, FollowsFramesWithoutNoise) {
  const PointPx drift{2.3, -4.1};
  const std::vector<SimulatedFrame> frames =
      Frames({.noise = 0, .vacancies = 0.01, .drift = drift}, 2);
  const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image);
  EXPECT_EQ(estimate.state, DriftState::kMeasured);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, IsLostBetweenFramesThatShowDifferentThings) {
  Image first(256, 256), second(256, 256);
  first = 0;
  second = 0;
  Random random(3);
  AddGaussianNoise(1, random, first);
  AddGaussianNoise(1, random, second);
  const DriftEstimate noise = Estimate(first, second);
  EXPECT_EQ(noise.state, DriftState::kLost);
  EXPECT_EQ(noise.quality, 0);
  EXPECT_EQ(Estimate(Image::zeros(64, 64), Image::zeros(64, 64)).state, DriftState::kLost);

  // The same material, but another orientation: no drift makes one of the other.
  const std::vector<SimulatedFrame> graphene = Frames({}, 1, 1);
  const std::vector<SimulatedFrame> oxide = Frames({.material = "SrTiO3"}, 1, 2);
  EXPECT_NE(Estimate(graphene[0].image, oxide[0].image).state, DriftState::kMeasured);
}

TEST(DriftTest, BinsLargeFramesAndStillMeasuresFractions) {
  const PointPx drift{5.3, -2.6};
  const std::vector<SimulatedFrame> frames = Frames({.drift = drift}, 2);
  const DriftOptions options{.max_side_px = 128};
  const DriftEstimate estimate = Estimate(frames[0].image, frames[1].image, std::nullopt, options);
  EXPECT_EQ(estimate.state, DriftState::kMeasured);
  EXPECT_LT(Error(estimate, drift), kNoisyTolerancePx);
}

TEST(DriftTest, RefusesWrongInput) {
  const Image image = Image::zeros(64, 64);
  const auto message = [&](const DriftOptions& options) {
    return std::string(MakeDriftView(image, options).status().message());
  };
  EXPECT_THAT(message({.max_step_px = 0}), HasSubstr("drift.max_step_px = 0"));
  EXPECT_THAT(message({.max_step_px = std::numeric_limits<double>::quiet_NaN()}),
              HasSubstr("drift.max_step_px = nan"));
  EXPECT_THAT(message({.step_change_px = -1}), HasSubstr("drift.step_change_px = -1"));
  EXPECT_THAT(message({.max_side_px = 8}), HasSubstr("drift.max_side_px = 8"));
  EXPECT_EQ(MakeDriftView(Image::zeros(4, 64), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  const auto small = MakeDriftView(image, {});
  const auto large = MakeDriftView(Image::zeros(64, 128), {});
  EXPECT_THAT(EstimateDrift(**small, **large, std::nullopt, {}).status().message(),
              HasSubstr("64 x 64 px and 128 x 64 px"));
}

}  // namespace
}  // namespace atomstream
