#include "tests/bench/statistics.h"

#include <cmath>

#include "gtest/gtest.h"

namespace atomstream::bench {
namespace {

TEST(StatisticOfTest, DeviationIsOfTheSample) {
  const Statistic s = StatisticOf({2, 4, 4, 4, 5, 5, 7, 9});  // mean 5, sum of squares 32
  EXPECT_DOUBLE_EQ(s.mean, 5);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(32.0 / 7));
}

TEST(StatisticOfTest, OneValueHasNoSpread) {
  const Statistic s = StatisticOf({0.25});
  EXPECT_DOUBLE_EQ(s.mean, 0.25);
  EXPECT_DOUBLE_EQ(s.deviation, 0);
}

TEST(QuartilesOfTest, LiesBetweenSortedValues) {
  const Quartiles q = QuartilesOf({40, 10, 30, 20});  // quantile positions 0.75, 1.5, 2.25
  EXPECT_DOUBLE_EQ(q.lower, 17.5);
  EXPECT_DOUBLE_EQ(q.median, 25);
  EXPECT_DOUBLE_EQ(q.upper, 32.5);
}

TEST(QuartilesOfTest, OneValueIsAllOfThem) {
  const Quartiles q = QuartilesOf({3});
  EXPECT_DOUBLE_EQ(q.lower, 3);
  EXPECT_DOUBLE_EQ(q.median, 3);
  EXPECT_DOUBLE_EQ(q.upper, 3);
}

TEST(QuantileOfTest, IsLinearBetweenValues) {
  EXPECT_DOUBLE_EQ(QuantileOf({3, 1, 2}, 0.5), 2);
  EXPECT_DOUBLE_EQ(QuantileOf({3, 1, 2}, 1), 3);
  EXPECT_DOUBLE_EQ(QuantileOf({0, 10}, 0.99), 9.9);
}

}  // namespace
}  // namespace atomstream::bench
