#include "detectors/log_star/window_problem.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

// One variant, one scale, peaks on a 10 px square lattice of a 100 px frame, all of response 0.05.
PeakCache LatticeCache(float step) {
  PeakCache cache;
  cache.sigmas_px = {3};
  PreprocessedPeaks peaks;
  peaks.min_threshold = 0.001;
  peaks.max_threshold = 0.1;
  for (float y = 5; y < 100; y += step) {
    for (float x = 5; x < 100; x += step) {
      ScalePeak peak;
      peak.response = 0.05f;
      peak.x_px = static_cast<int16_t>(x);
      peak.y_px = static_cast<int16_t>(y);
      peaks.peaks.push_back(peak);
    }
  }
  cache.variants.push_back(peaks);
  return cache;
}

class WindowProblemTest : public ::testing::Test {
 protected:
  const std::unique_ptr<Reward> qc_ = *MakeReward("qc");
  const std::unique_ptr<Reward> er_ = *MakeReward("er");
  const RewardPair rewards_{qc_.get(), er_.get()};
};

TEST_F(WindowProblemTest, CountsThePeaksInsideTheWindow) {
  const PeakCache cache = LatticeCache(10);
  const SearchSpace space(&cache, 10);
  WindowProblem problem(&cache, &space, {0, 0, 50, 50}, {25, 8}, rewards_);
  const auto objectives = problem.Evaluate({0, 0, 0.5, 0.5});  // threshold 0.01
  ASSERT_TRUE(objectives.has_value());
  EXPECT_DOUBLE_EQ((*objectives)[0], 0);
  EXPECT_DOUBLE_EQ((*objectives)[1], 0);
}

TEST_F(WindowProblemTest, ThresholdAboveThePeaksFindsNone) {
  const PeakCache cache = LatticeCache(10);
  const SearchSpace space(&cache, 10);
  WindowProblem problem(&cache, &space, {0, 0, 50, 50}, {25, 8}, rewards_);
  EXPECT_DOUBLE_EQ((*problem.Evaluate({0, 0, 1, 0.5}))[0], 1);
}

TEST_F(WindowProblemTest, AtomsAtAThresholdAreTheBrightest) {
  PeakCache cache = LatticeCache(3);  // crowded: pruning has work to do
  std::vector<ScalePeak>& peaks = cache.variants[0].peaks;
  for (size_t i = 0; i < peaks.size(); ++i) {
    peaks[i].response = 0.002f * static_cast<float>(1 + i * 37 % 101);
  }
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const ScalePeak& a, const ScalePeak& b) { return a.response > b.response; });
  const SearchSpace space(&cache, 10);
  const WindowProblem problem(&cache, &space, {10, 20, 60, 70}, {50, 8}, rewards_);
  Candidate candidate = space.Decode({0, 0, 0, 0.5});
  const std::vector<Blob> all = problem.Brightest(candidate, 100000);
  ASSERT_GT(all.size(), 60u);
  for (size_t count : {1, 20, 60}) {
    ASSERT_EQ(problem.Brightest(candidate, count).size(), count);
    candidate.threshold = all[count].response;
    const auto atoms = problem.Detect(candidate);
    ASSERT_TRUE(atoms.has_value());
    ASSERT_LE(atoms->size(), count);  // fewer if the next atom is as bright as the last
    for (size_t i = 0; i < atoms->size(); ++i) {
      EXPECT_EQ((*atoms)[i].x_px, all[i].x_px);
      EXPECT_EQ((*atoms)[i].y_px, all[i].y_px);
    }
  }
}

TEST_F(WindowProblemTest, AtomsAreInFrameCoordinates) {
  const PeakCache cache = LatticeCache(10);
  const SearchSpace space(&cache, 10);
  const WindowProblem problem(&cache, &space, {40, 60, 20, 20}, {4, 8}, rewards_);
  const auto atoms = problem.Detect(space.Decode({0, 0, 0.5, 0.5}));
  ASSERT_TRUE(atoms.has_value());
  ASSERT_EQ(atoms->size(), 4u);
  EXPECT_EQ((*atoms)[0].x_px, 45);
  EXPECT_EQ((*atoms)[0].y_px, 65);
}

TEST_F(WindowProblemTest, TooManyAtomsAreInfeasible) {
  // 400 peaks 5 px apart, spacing 4 px allowed, 10 expected: beyond 4 x 10 + 64.
  const PeakCache cache = LatticeCache(5);
  const SearchSpace space(&cache, 10);
  WindowProblem problem(&cache, &space, {0, 0, 100, 100}, {10, 8}, rewards_);
  EXPECT_FALSE(problem.Evaluate({0, 0, 0.5, 0}).has_value());
}

}  // namespace
}  // namespace atomstream
