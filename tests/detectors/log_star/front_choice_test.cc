#include "detectors/log_star/front_choice.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

class FrontChoiceTest : public ::testing::Test {
 protected:
  FrontChoiceTest() {
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

  int VariantOf(const ParetoFront& front) const {
    return space_.Decode(front.solutions()[0].point).variant;
  }

  PeakCache cache_;
  const SearchSpace space_{&cache_, 10};
};

TEST_F(FrontChoiceTest, NothingEvaluatedNothingChosen) {
  EXPECT_TRUE(ChooseFront(space_, {}).empty());
}

TEST_F(FrontChoiceTest, FirstVariantStaysWhenTheOtherGainsLittle) {
  EXPECT_EQ(VariantOf(ChooseFront(space_, {Of(0, 0.0, 0.05), Of(1, 0.0, 0.03)})), 0);
}

TEST_F(FrontChoiceTest, OtherVariantWinsWhenItGainsMuch) {
  const ParetoFront front =
      ChooseFront(space_, {Of(0, 0.0, 0.30), Of(1, 0.0, 0.02), Of(0, 0.5, 0.0)});
  EXPECT_EQ(VariantOf(front), 1);
  EXPECT_EQ(front.size(), 1);  // the other variant's solutions are not on this front
}

}  // namespace
}  // namespace atomstream
