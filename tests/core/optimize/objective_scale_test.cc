#include "core/optimize/objective_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace atomstream {
namespace {

TEST(ObjectiveScaleTest, TrainingValuesHaveMeanZeroAndVarianceOne) {
  const std::vector<double> training = {0, 1, 2, 5, 40, 300};
  const ObjectiveScale scale(training, training);
  double sum = 0, squares = 0;
  for (const double value : training) {
    sum += scale(value);
    squares += scale(value) * scale(value);
  }
  EXPECT_NEAR(sum, 0, 1e-12);
  EXPECT_NEAR(squares / 6, 1, 1e-12);
}

TEST(ObjectiveScaleTest, RisesEverywhereAlsoBelowTheBestValue) {
  const ObjectiveScale scale({1, 2, 3, 4}, {1, 2, 3, 4});
  double last = scale(-10);
  for (const double value : {-1.0, 0.0, 0.99, 1.0, 1.01, 3.0, 50.0, 1e4}) {
    EXPECT_GT(scale(value), last);
    last = scale(value);
  }
}

TEST(ObjectiveScaleTest, CompressesBadValues) {
  const ObjectiveScale scale({0, 1, 2}, {0, 1, 2});
  EXPECT_LT(scale(100) - scale(99), 0.05 * (scale(1) - scale(0)));
}

TEST(ObjectiveScaleTest, FlatOrAbsurdValuesStayFinite) {
  const ObjectiveScale flat({3, 3}, {3, 3, 3});
  EXPECT_EQ(flat(3), 0);
  EXPECT_TRUE(std::isfinite(flat(1e300)));
  const ObjectiveScale absurd({-1.7e308, 1.7e308}, {-1.7e308, 1.7e308});
  EXPECT_TRUE(std::isfinite(absurd(-1.7e308)));
  EXPECT_TRUE(std::isfinite(absurd(1.7e308)));
}

TEST(ObjectiveScaleTest, CrowdedTrainingValuesDoNotMoveTheReference) {
  const std::vector<double> survey = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> crowded(100, 0.1);
  const ObjectiveScale scale(survey, crowded);
  EXPECT_EQ(scale.Reference(0.1, 0.1), 6);  // upper quartile
  EXPECT_NEAR(scale.Reference(0.1, 6.1), 6.7, 1e-12);
  EXPECT_EQ(scale.Reference(0.1, 50), 7);  // worst surveyed
}

TEST(ObjectiveScaleTest, WithoutASurveyTheTrainingValuesStandIn) {
  const ObjectiveScale scale({}, {0, 1, 2, 3});
  EXPECT_EQ(scale.Reference(0, 0), 3);
}

}  // namespace
}  // namespace atomstream
