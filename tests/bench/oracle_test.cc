#include "tests/bench/oracle.h"

#include "gtest/gtest.h"
#include "tests/bench/accuracy_case.h"

namespace atomstream::bench {
namespace {

MatchOptions MatchOf(const AccuracyCase& c) {
  MatchOptions match;
  match.radius_px = c.d_nn_px / 2;
  match.border_px = c.d_nn_px / 2;
  match.width_px = match.height_px = c.options.size_px;
  return match;
}

AccuracyCase MakeCase(double noise) {
  AccuracyCaseOptions options;
  options.size_px = 128;
  options.noise = noise;
  options.hole_fraction = 0.067;
  return MakeAccuracyCase(options).value();
}

TEST(OracleTest, FindsEveryAtomOfANoiseFreeFrame) {
  const AccuracyCase c = MakeCase(0);
  const OracleResult oracle = FindOracle(c.frame->image(), c.truth, c.d_nn_px, MatchOf(c));
  EXPECT_GT(oracle.f1, 0.995);
  EXPECT_GT(oracle.found, 150);
}

TEST(OracleTest, LosesAtomsToNoiseAndPicksAScaleNearTheProbe) {
  const AccuracyCase c = MakeCase(0.5);
  const OracleResult oracle = FindOracle(c.frame->image(), c.truth, c.d_nn_px, MatchOf(c));
  EXPECT_LT(oracle.f1, 0.95);
  EXPECT_GT(oracle.f1, 0.6);
  EXPECT_NEAR(oracle.sigma_over_d_nn, 0.32, 0.1);
}

TEST(OracleTest, IsNoBetterThanChanceOnAnotherFramesTruth) {
  const AccuracyCase c = MakeCase(0.1);
  AccuracyCaseOptions other_options = c.options;
  other_options.seed = 2;  // another rotation and origin
  const AccuracyCase other = MakeAccuracyCase(other_options).value();
  const OracleResult oracle = FindOracle(c.frame->image(), other.truth, c.d_nn_px, MatchOf(c));
  EXPECT_LT(oracle.f1, 0.75);
}

TEST(AccuracyCaseTest, HidesTheTruthFromTheDetector) {
  AccuracyCaseOptions options;
  options.size_px = 128;
  options.metadata_error = 0.2;
  const AccuracyCase c = MakeAccuracyCase(options).value();
  EXPECT_FALSE(c.frame->metadata().ground_truth.has_value());
  EXPECT_NEAR(c.frame->metadata().pixel_size_nm, 0.024, 1e-9);
  EXPECT_NEAR(c.d_nn_px, 0.142 / 0.02, 0.01);
}

TEST(AccuracyCaseTest, CountsOnlyUnmatchedPredictionsInVacuum) {
  cv::Mat_<uint8_t> vacuum(10, 10, static_cast<uint8_t>(0));
  vacuum(4, 5) = 1;
  const std::vector<PointPx> predicted = {{5.2, 3.9}, {5, 4}, {1, 1}, {30, 30}};
  EXPECT_EQ(CountInVacuum(predicted, {0, 2, 3}, vacuum), 1);
}

}  // namespace
}  // namespace atomstream::bench
