#include "core/optimize/pareto_front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/optimize/sobol.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

ParetoFront MakeFront(const std::vector<ObjectiveVector>& objectives) {
  ParetoFront front;
  for (const ObjectiveVector& y : objectives) front.Insert({{}, y});
  return front;
}

std::vector<ObjectiveVector> Objectives(const ParetoFront& front) {
  std::vector<ObjectiveVector> all;
  for (const Solution& s : front.solutions()) all.push_back(s.objectives);
  return all;
}

TEST(ParetoFrontTest, DropsDominatedPoint) {
  ParetoFront front = MakeFront({{1, 1}});
  EXPECT_FALSE(front.Insert({{}, {2, 2}}));
  EXPECT_FALSE(front.Insert({{}, {1, 2}}));
  EXPECT_FALSE(front.Insert({{}, {2, 1}}));
  EXPECT_THAT(Objectives(front), ElementsAre(ObjectiveVector{1, 1}));
}

TEST(ParetoFrontTest, NewPointReplacesAllItDominates) {
  ParetoFront front = MakeFront({{1, 5}, {2, 4}, {3, 3}, {4, 2}});
  EXPECT_TRUE(front.Insert({{}, {2, 2.5}}));
  EXPECT_THAT(Objectives(front),
              ElementsAre(ObjectiveVector{1, 5}, ObjectiveVector{2, 2.5}, ObjectiveVector{4, 2}));
}

TEST(ParetoFrontTest, PointThatImprovesOnlySecondObjectiveReplacesItsTwin) {
  ParetoFront front = MakeFront({{1, 5}, {2, 4}, {3, 3}});
  EXPECT_TRUE(front.Insert({{}, {2, 3.5}}));
  EXPECT_THAT(Objectives(front),
              ElementsAre(ObjectiveVector{1, 5}, ObjectiveVector{2, 3.5}, ObjectiveVector{3, 3}));
}

TEST(ParetoFrontTest, OfEqualObjectivesTheFirstInsertedStays) {
  ParetoFront front;
  EXPECT_TRUE(front.Insert({{0.1}, {1, 1}}));
  EXPECT_FALSE(front.Insert({{0.9}, {1, 1}}));
  EXPECT_THAT(front.solutions().front().point, ElementsAre(0.1));
}

TEST(ParetoFrontTest, NeverKeepsNonFiniteObjectives) {
  ParetoFront front;
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(front.Insert({{}, {std::nan(""), 0}}));
  EXPECT_FALSE(front.Insert({{}, {0, inf}}));
  EXPECT_FALSE(front.Insert({{}, {-inf, 0}}));
  EXPECT_TRUE(front.empty());
}

TEST(ParetoFrontTest, HoldsExactlyTheNonDominatedOfManyPoints) {
  SplitMix64 random(7);
  std::vector<ObjectiveVector> points;
  ParetoFront front;
  for (int i = 0; i < 500; ++i) {
    // A coarse grid, so that equal coordinates and equal points are common.
    const ObjectiveVector y = {std::floor(40 * random.NextUniform()),
                               std::floor(40 * random.NextUniform())};
    points.push_back(y);
    front.Insert({{static_cast<double>(i)}, y});
  }
  std::vector<ObjectiveVector> expected;
  for (const ObjectiveVector& y : points) {
    const bool dominated = std::any_of(points.begin(), points.end(), [&](const auto& other) {
      return other[0] <= y[0] && other[1] <= y[1] && other != y;
    });
    if (!dominated) expected.push_back(y);
  }
  std::sort(expected.begin(), expected.end());
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  ASSERT_GT(expected.size(), 1u);
  EXPECT_EQ(Objectives(front), expected);
  for (int i = 1; i < front.size(); ++i) {
    EXPECT_LT(front.solutions()[i - 1].objectives[0], front.solutions()[i].objectives[0]);
    EXPECT_GT(front.solutions()[i - 1].objectives[1], front.solutions()[i].objectives[1]);
  }
}

TEST(ParetoFrontTest, IdealAndNadirAreBestAndWorstOfEachObjective) {
  const ParetoFront front = MakeFront({{1, 9}, {4, 4}, {8, 2}});
  EXPECT_EQ(front.IdealPoint(), (ObjectiveVector{1, 2}));
  EXPECT_EQ(front.NadirPoint(), (ObjectiveVector{8, 9}));
}

TEST(ParetoFrontTest, HypervolumeOfHandMadeStaircase) {
  const ParetoFront front = MakeFront({{1, 3}, {2, 2}, {3, 1}});
  // Columns of width 1: heights 4 - 3, 4 - 2, 4 - 1.
  EXPECT_DOUBLE_EQ(front.Hypervolume({4, 4}), 6);
  EXPECT_DOUBLE_EQ(front.Hypervolume({2.5, 4}), 1 + 0.5 * 2);
  EXPECT_DOUBLE_EQ(front.Hypervolume({4, 2.5}), 0.5 + 1.5);
  EXPECT_DOUBLE_EQ(front.Hypervolume({1, 4}), 0);
  EXPECT_DOUBLE_EQ(front.Hypervolume({4, 1}), 0);
  EXPECT_DOUBLE_EQ(ParetoFront().Hypervolume({1, 1}), 0);
}

TEST(ParetoFrontTest, HypervolumeAgreesWithMonteCarlo) {
  SplitMix64 random(11);
  for (int round = 0; round < 5; ++round) {
    ParetoFront front;
    for (int i = 0; i < 30; ++i) {
      front.Insert({{}, {1.2 * random.NextUniform(), 1.2 * random.NextUniform()}});
    }
    constexpr int kSamples = 200000;
    int inside = 0;
    for (int i = 0; i < kSamples; ++i) {
      const ObjectiveVector z = {random.NextUniform(), random.NextUniform()};
      inside += std::any_of(
          front.solutions().begin(), front.solutions().end(),
          [&](const Solution& s) { return s.objectives[0] <= z[0] && s.objectives[1] <= z[1]; });
    }
    // Five standard deviations of a binomial share: 5 * 0.5 / sqrt(200000) = 0.0056.
    EXPECT_NEAR(front.Hypervolume({1, 1}), static_cast<double>(inside) / kSamples, 0.0056);
  }
}

}  // namespace
}  // namespace atomstream
