#include "detectors/log_star/frame_trials.h"

#include <algorithm>
#include <memory>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

// One scale; peaks 10 px apart on a frame of 100 px, peak i of response 0.1 / (i + 1).
PeakCache HundredPeaks() {
  PeakCache cache;
  cache.sigmas_px = {3};
  PreprocessedPeaks variant;
  variant.min_threshold = 0.0005;
  variant.max_threshold = 0.2;
  for (int i = 0; i < 100; ++i) {
    ScalePeak peak;
    peak.response = 0.1f / static_cast<float>(i + 1);
    peak.x_px = static_cast<int16_t>(5 + 10 * (i % 10));
    peak.y_px = static_cast<int16_t>(5 + 10 * (i / 10));
    variant.peaks.push_back(peak);
  }
  cache.variants.push_back(variant);
  return cache;
}

class FrameTrialsTest : public ::testing::Test {
 protected:
  FrameTrials Try(double expected, absl::Time deadline,
                  const std::vector<SearchedWindow>& windows) {
    const WindowProblem whole(&cache_, &space_, {0, 0, 100, 100}, {expected, 8},
                              {qc_.get(), er_.get()});
    return TryOnFrame(space_, whole, expected, windows, SolutionChoice(), WarmStart(), deadline,
                      executor_, clock_);
  }

  const PeakCache cache_ = HundredPeaks();
  const SearchSpace space_{&cache_, 10};
  const std::unique_ptr<Reward> qc_ = *MakeReward("qc");
  const std::unique_ptr<Reward> er_ = *MakeReward("er");
  const SystemClock clock_;
  InlineExecutor executor_;
};

TEST_F(FrameTrialsTest, BalancesTheCountExactly) {
  for (int expected : {1, 7, 50, 99}) {
    const FrameTrials trials = Try(expected, absl::InfiniteFuture(), {});
    const auto best = std::min_element(
        trials.solutions.begin(), trials.solutions.end(),
        [](const Solution& a, const Solution& b) { return a.objectives[0] < b.objectives[0]; });
    ASSERT_NE(best, trials.solutions.end());
    EXPECT_EQ(best->objectives[0], 0) << expected;
    EXPECT_EQ(trials.infeasible, 0);
  }
}

TEST_F(FrameTrialsTest, TakesAllThereAreWhenMoreAreExpected) {
  const FrameTrials trials = Try(150, absl::InfiniteFuture(), {});
  double best = 1;
  for (const Solution& solution : trials.solutions) best = std::min(best, solution.objectives[0]);
  EXPECT_NEAR(best, 50.0 / 150, 1e-12);
}

TEST_F(FrameTrialsTest, AfterTheDeadlineOnlyAFewAreTried) {
  std::vector<SearchedWindow> windows(30);
  for (size_t i = 0; i < windows.size(); ++i) {
    windows[i].index = static_cast<int>(i);
    windows[i].window = {0, 0, 100, 100};
    windows[i].result.front.Insert({{0.5, 0, (i + 1) / 31.0, 0.5}, {0.5, 0}});
  }
  const FrameTrials late = Try(50, absl::InfinitePast(), windows);
  EXPECT_GE(late.evaluations, 3);
  EXPECT_LE(late.evaluations, 8);
  EXPECT_GT(Try(50, absl::InfiniteFuture(), windows).evaluations, 20);
}

}  // namespace
}  // namespace atomstream
