#include "detectors/log_star/solution_choice.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

class SolutionChoiceTest : public ::testing::Test {
 protected:
  SolutionChoiceTest() {
    cache_.sigmas_px = {2, 3};
    cache_.variants.resize(2);
    for (PreprocessedPeaks& peaks : cache_.variants) {
      peaks.min_threshold = 0.001;
      peaks.max_threshold = 0.1;
    }
  }

  // A solution of the variant with these rewards.
  static Solution Of(int variant, double qc, double er) {
    return {{0.5, 0.5, 0.5, 0.5, variant == 0 ? 0.25 : 0.75}, {qc, er}};
  }

  Choice Choose(const std::vector<Solution>& solutions,
                std::optional<double> preference = std::nullopt) const {
    return ChooseSolution(space_, solutions, preference);
  }

  int VariantOf(const Choice& choice) const {
    return space_.Decode(choice.front.solutions()[choice.index].point).variant;
  }

  PeakCache cache_;
  const SearchSpace space_{&cache_, 10};
};

TEST_F(SolutionChoiceTest, NothingEvaluatedNothingChosen) {
  EXPECT_EQ(Choose({}).index, -1);
  EXPECT_TRUE(Choose({}).front.empty());
}

TEST_F(SolutionChoiceTest, KneeHasLeastErAmongThoseWithNearlyTheLeastQc) {
  const Choice choice =
      Choose({Of(0, 0.001, 0.5), Of(0, 0.009, 0.2), Of(0, 0.05, 0.1), Of(0, 0.5, 0.0)});
  ASSERT_EQ(choice.front.size(), 4);
  EXPECT_EQ(choice.index, 1);
  EXPECT_EQ(choice.reason, "knee");
}

TEST_F(SolutionChoiceTest, FirstVariantStaysWhenTheOtherGainsLittle) {
  EXPECT_EQ(VariantOf(Choose({Of(0, 0.0, 0.05), Of(1, 0.0, 0.03)})), 0);
}

TEST_F(SolutionChoiceTest, OtherVariantWinsWhenItGainsMuch) {
  const Choice choice = Choose({Of(0, 0.0, 0.30), Of(1, 0.0, 0.02), Of(0, 0.5, 0.0)});
  EXPECT_EQ(VariantOf(choice), 1);
  EXPECT_EQ(choice.front.size(), 1);  // the other variant's solutions are not on this front
}

TEST_F(SolutionChoiceTest, PreferenceGoesFromLeastErToLeastQc) {
  const std::vector<Solution> solutions = {Of(0, 0.0, 0.4), Of(0, 0.1, 0.2), Of(0, 0.3, 0.0)};
  EXPECT_EQ(Choose(solutions, 1.0).index, 0);
  EXPECT_EQ(Choose(solutions, 0.5).index, 1);
  EXPECT_EQ(Choose(solutions, 0.0).index, 2);
  EXPECT_EQ(Choose(solutions, 0.0).reason, "preference");
}

}  // namespace
}  // namespace atomstream
