#include "client/figure/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace atomstream::figure {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

std::vector<std::string> Labels(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks) {
    if (!tick.label.empty()) labels.push_back(tick.label);
  }
  return labels;
}

TEST(LinearAxisTest, HoldsTheValuesAndTicksAtRoundNumbers) {
  const Axis axis = LinearAxis({-3.1, 0, 4.2}, 4);
  EXPECT_LT(axis.low, -3.1);
  EXPECT_GT(axis.high, 4.2);
  EXPECT_THAT(Labels(axis), ElementsAre("-2", "0", "2", "4"));
  EXPECT_DOUBLE_EQ(axis.Share(axis.low), 0);
  EXPECT_DOUBLE_EQ(axis.Share(axis.high), 1);
}

TEST(LinearAxisTest, StaysAtZeroForValuesThatAreNotNegative) {
  EXPECT_EQ(LinearAxis({0, 0.2, 1}, 5).low, 0);
  EXPECT_EQ(LinearAxis({0.01, 1}, 5).low, 0);
  EXPECT_GT(LinearAxis({10, 11}, 5).low, 9);
}

TEST(LinearAxisTest, HasARangeForOneValueNoneAndNumbersThatAreNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::vector<double>> cases = {{}, {0}, {5}, {-2, -2}, {nan}, {nan, 3}};
  for (const std::vector<double>& values : cases) {
    const Axis axis = LinearAxis(values, 4);
    EXPECT_LT(axis.low, axis.high);
    EXPECT_GE(axis.ticks.size(), 2u);
    for (const double value : values) {
      if (std::isnan(value)) continue;
      EXPECT_GE(axis.Share(value), 0);
      EXPECT_LE(axis.Share(value), 1);
    }
  }
}

TEST(LinearAxisTest, WritesAsManyDecimalsAsTheStepNeeds) {
  EXPECT_THAT(Labels(LinearAxis({0, 0.1}, 2)), ElementsAre("0.00", "0.05", "0.10"));
  EXPECT_THAT(Labels(LinearAxis({0, 2e6}, 2)), Contains("1e+06"));
}

TEST(FittingAxisTest, IsLogarithmicOnlyForValuesThatSpanMuch) {
  EXPECT_FALSE(FittingAxis({0.1, 1}, 4).logarithmic);
  EXPECT_FALSE(FittingAxis({-1, 0.001, 100}, 4).logarithmic);
  EXPECT_FALSE(FittingAxis({0, 0.5}, 4).logarithmic);
  const Axis axis = FittingAxis({0.001, 1}, 4);
  EXPECT_TRUE(axis.logarithmic);
  EXPECT_FALSE(axis.zero_apart);
  EXPECT_THAT(Labels(axis), ElementsAre("0.001", "0.01", "0.1", "1"));
  EXPECT_NEAR(axis.Share(0.1) - axis.Share(0.01), axis.Share(0.01) - axis.Share(0.001), 1e-12);
}

TEST(FittingAxisTest, GivesZeroAPlaceApart) {
  const Axis axis = FittingAxis({0, 0.001, 1}, 4);
  EXPECT_TRUE(axis.zero_apart);
  EXPECT_EQ(axis.ticks.front().label, "0");
  EXPECT_DOUBLE_EQ(axis.Share(0), Axis::kZeroShare / 2);
  EXPECT_GT(axis.Share(0.001), Axis::kZeroShare);
  EXPECT_LT(axis.Share(1), 1);
}

TEST(FittingAxisTest, WritesGreatPowersAsPowers) {
  EXPECT_THAT(Labels(FittingAxis({1e-8, 1}, 3)), ElementsAre("10⁻⁶", "10⁻³", "1"));
  EXPECT_THAT(Labels(FittingAxis({10, 1e4}, 4)), ElementsAre("10", "100", "1000", "10000"));
}

TEST(ColourAxisTest, GoesFromTheLeastToTheGreatest) {
  const Axis axis = ColourAxis({3, 5, 4}, 4);
  EXPECT_EQ(axis.low, 3);
  EXPECT_EQ(axis.high, 5);
  for (const Tick& tick : axis.ticks) {
    EXPECT_GE(axis.Share(tick.value), -1e-9);
    EXPECT_LE(axis.Share(tick.value), 1 + 1e-9);
  }
  const Axis one = ColourAxis({2, 2}, 4);
  EXPECT_NEAR(one.Share(2), 0.5, 1e-9);
}

TEST(RoundLengthTest, IsOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_DOUBLE_EQ(RoundLength(0.99), 0.5);
  EXPECT_DOUBLE_EQ(RoundLength(1), 1);
  EXPECT_DOUBLE_EQ(RoundLength(4.9), 2);
  EXPECT_DOUBLE_EQ(RoundLength(730), 500);
}

TEST(NumberTextTest, KeepsTheDigitsThatCount) {
  EXPECT_EQ(NumberText(0), "0");
  EXPECT_EQ(NumberText(0.00421), "0.00421");
  EXPECT_EQ(NumberText(12.345), "12.3");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(12345678), "12,345,678");
  EXPECT_EQ(CountText(-1000), "-1,000");
}

}  // namespace
}  // namespace atomstream::figure
