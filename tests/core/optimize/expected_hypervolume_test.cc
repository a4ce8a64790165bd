#include "core/optimize/expected_hypervolume.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/optimize/pareto_front.h"

namespace atomstream {
namespace {

ParetoFront MakeFront(const std::vector<ObjectiveVector>& objectives) {
  ParetoFront front;
  for (const ObjectiveVector& y : objectives) front.Insert({{}, y});
  return front;
}

double Gain(const ParetoFront& front, const ObjectiveVector& y, const ObjectiveVector& reference) {
  ParetoFront with = front;
  with.Insert({{}, y});
  return with.Hypervolume(reference) - front.Hypervolume(reference);
}

const std::vector<ObjectiveVector> kStaircase = {{0.1, 0.9}, {0.3, 0.5}, {0.6, 0.4}, {0.8, 0.1}};

TEST(ExpectedHypervolumeTest, KnownValueGivesItsExactGain) {
  const ParetoFront front = MakeFront(kStaircase);
  const ObjectiveVector reference = {1, 1};
  const ExpectedHypervolume expected(kStaircase, reference);
  for (const ObjectiveVector& y : std::vector<ObjectiveVector>{
           {0.2, 0.3}, {0, 0}, {0.05, 0.95}, {0.9, 0.05}, {-1, 0.7}, {0.7, 0.7}, {2, -1}}) {
    EXPECT_NEAR(expected.Improvement(y, {0, 0}), Gain(front, y, reference), 1e-12)
        << y[0] << ", " << y[1];
  }
}

TEST(ExpectedHypervolumeTest, EmptyFrontGivesTheProductOfTwoExpectations) {
  // E[max(0, 1 - z)] for z ~ N(1, 1) is 1 / sqrt(2 pi).
  const ExpectedHypervolume expected({}, {1, 1});
  EXPECT_NEAR(expected.Improvement({1, 1}, {1, 1}), 1 / (2 * M_PI), 1e-12);
}

TEST(ExpectedHypervolumeTest, AgreesWithMonteCarlo) {
  const ParetoFront front = MakeFront(kStaircase);
  const ObjectiveVector reference = {1, 1};
  const ExpectedHypervolume expected(kStaircase, reference);
  std::mt19937_64 engine(3);
  std::normal_distribution<double> normal;
  struct Case {
    ObjectiveVector mean, deviation;
  };
  for (const Case& c : std::vector<Case>{{{0.2, 0.3}, {0.1, 0.2}},
                                         {{0.9, 0.9}, {0.3, 0.3}},
                                         {{0.5, 0.45}, {0.01, 0.5}},
                                         {{0.0, 1.2}, {0.2, 0.1}},
                                         {{1.3, 0.0}, {0.2, 0.4}}}) {
    constexpr int kSamples = 20000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kSamples; ++i) {
      const double gain = Gain(front,
                               {c.mean[0] + c.deviation[0] * normal(engine),
                                c.mean[1] + c.deviation[1] * normal(engine)},
                               reference);
      sum += gain;
      squares += gain * gain;
    }
    const double mean = sum / kSamples;
    const double error = std::sqrt((squares / kSamples - mean * mean) / kSamples);
    ASSERT_GT(mean, 0);
    EXPECT_NEAR(expected.Improvement(c.mean, c.deviation), mean, 5 * error);  // five deviations
  }
}

TEST(ExpectedHypervolumeTest, MoreUncertaintyMakesADominatedPointMorePromising) {
  const ExpectedHypervolume expected(kStaircase, {1, 1});
  double last = expected.Improvement({0.9, 0.9}, {0, 0});
  EXPECT_EQ(last, 0);
  for (const double deviation : {0.1, 0.2, 0.4}) {
    const double now = expected.Improvement({0.9, 0.9}, {deviation, deviation});
    EXPECT_GT(now, last);
    last = now;
  }
}

TEST(ExpectedHypervolumeTest, FrontBeyondTheReferenceDoesNotCount) {
  const ExpectedHypervolume with({{0.2, 2.0}, {0.5, 0.5}, {1.5, 0.1}}, {1, 1});
  const ExpectedHypervolume without({{0.5, 0.5}}, {1, 1});
  EXPECT_DOUBLE_EQ(with.Improvement({0.4, 0.4}, {0.2, 0.3}),
                   without.Improvement({0.4, 0.4}, {0.2, 0.3}));
}

}  // namespace
}  // namespace atomstream
