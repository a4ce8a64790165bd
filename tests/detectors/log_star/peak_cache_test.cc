#include "detectors/log_star/peak_cache.h"

#include "gtest/gtest.h"
#include "tests/detectors/log_star/simulated_frame.h"

namespace atomstream {
namespace {

class PeakCacheTest : public ::testing::Test {
 protected:
  void Survey(double noise, double hole) {
    const FrameWithTruth frame = SimulateFrame("graphene", noise, hole);
    const SystemClock clock;
    LogStarTimings timings;
    survey_ = SurveyFrame(*frame.frame, *FindMaterial("graphene", {}), clock, timings);
    ASSERT_TRUE(survey_.lattice.found);
  }

  FrameSurvey survey_;
  InlineExecutor executor_;
};

TEST_F(PeakCacheTest, PeaksFallInResponseFromTheLeastThresholdUp) {
  Survey(0.3, 0);
  const PeakCache cache =
      PeakCache::Build(survey_, {Preprocessing::kLattice, Preprocessing::kNone}, executor_);
  ASSERT_EQ(cache.variants.size(), 2u);
  EXPECT_EQ(cache.variants[0].preprocessing, Preprocessing::kLattice);
  for (const PreprocessedPeaks& variant : cache.variants) {
    ASSERT_FALSE(variant.peaks.empty());
    EXPECT_GE(variant.peaks.back().response, static_cast<float>(variant.min_threshold));
    EXPECT_GE(variant.max_threshold, 2 * variant.min_threshold);
    for (size_t i = 1; i < variant.peaks.size(); ++i) {
      ASSERT_GE(variant.peaks[i - 1].response, variant.peaks[i].response);
    }
  }
}

TEST_F(PeakCacheTest, WithoutALatticeTheFilterIsLeftOut) {
  Survey(0.1, 0);
  survey_.has_lattice_filter = false;
  const PeakCache both =
      PeakCache::Build(survey_, {Preprocessing::kNone, Preprocessing::kLattice}, executor_);
  ASSERT_EQ(both.variants.size(), 1u);
  EXPECT_EQ(both.variants[0].preprocessing, Preprocessing::kNone);
  const PeakCache lattice = PeakCache::Build(survey_, {Preprocessing::kLattice}, executor_);
  ASSERT_EQ(lattice.variants.size(), 1u);
  EXPECT_EQ(lattice.variants[0].preprocessing, Preprocessing::kNone);
}

TEST_F(PeakCacheTest, FaintPeaksInVacuumAreLeftOut) {
  Survey(0.5, 0.1);
  const PeakCache cache = PeakCache::Build(survey_, {Preprocessing::kNone}, executor_);
  int in_vacuum = 0;
  for (const ScalePeak& peak : cache.variants[0].peaks) {
    in_vacuum += survey_.filtered.material(peak.y_px, peak.x_px) < 0.5f;
  }
  const double vacuum = 1 - cv::mean(survey_.filtered.material)[0];
  ASSERT_GT(vacuum, 0.05);
  // Evenly spread noise would have the vacuum's share of the peaks.
  EXPECT_LT(in_vacuum, 0.2 * vacuum * static_cast<double>(cache.variants[0].peaks.size()));
}

}  // namespace
}  // namespace atomstream
