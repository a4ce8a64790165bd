#include "core/structure/small_rank.h"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

TEST(SmallRankTest, AgreesWithSortingForEveryLengthAndRank) {
  std::mt19937 random(5);
  for (int count = 1; count <= 40; ++count) {
    for (const int different : {1, 3, 1000}) {  // few different values: many equals
      std::vector<float> values;
      for (int i = 0; i < count; ++i) {
        values.push_back((static_cast<int>(random() % different) - different / 2) / 8.0f);
      }
      std::vector<float> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      for (int rank = 0; rank < count; ++rank) {
        std::vector<float> copy = values;
        ASSERT_EQ(ValueAtRank(copy, rank), sorted[rank]) << count << " values, rank " << rank;
      }
    }
  }
}

TEST(SmallRankTest, InfinitiesAreValuesLikeOthers) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> values = {kInfinity, 1, -kInfinity, kInfinity};
  EXPECT_EQ(ValueAtRank(values, 0), -kInfinity);
  EXPECT_EQ(ValueAtRank(values, 1), 1);
  EXPECT_EQ(ValueAtRank(values, 2), kInfinity);
  EXPECT_EQ(ValueAtRank(values, 3), kInfinity);
}

}  // namespace
}  // namespace atomstream
