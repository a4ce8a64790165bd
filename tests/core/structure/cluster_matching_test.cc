#include "core/structure/cluster_matching.h"

#include <algorithm>
#include <numeric>

#include "core/simulate/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

double CostOf(const Eigen::MatrixXd& cost, const std::vector<int>& partner) {
  double sum = 0;
  for (size_t row = 0; row < partner.size(); ++row) {
    if (partner[row] >= 0) sum += cost(row, partner[row]);
  }
  return sum;
}

TEST(ClusterMatchingTest, PrefersTheBestWholeToTheBestPair) {
  Eigen::MatrixXd cost(2, 2);
  cost << 1, 2, 2, 9;
  EXPECT_THAT(AssignLeastCost(cost), ElementsAre(1, 0));
}

TEST(ClusterMatchingTest, IsAsCheapAsTheBestOfAllPermutations) {
  Random random(4);
  for (int trial = 0; trial < 200; ++trial) {
    const int rows = 1 + random.Index(5), columns = rows + random.Index(3);
    Eigen::MatrixXd cost(rows, columns);
    for (int i = 0; i < cost.size(); ++i) cost(i) = random.Uniform(-1, 3);
    std::vector<int> order(columns);
    std::iota(order.begin(), order.end(), 0);
    double best = 1e9;
    do {
      best = std::min(best, CostOf(cost, {order.begin(), order.begin() + rows}));
    } while (std::next_permutation(order.begin(), order.end()));
    const std::vector<int> found = AssignLeastCost(cost);
    EXPECT_NEAR(CostOf(cost, found), best, 1e-9);
    std::vector<int> used = found;
    std::sort(used.begin(), used.end());
    EXPECT_EQ(std::unique(used.begin(), used.end()), used.end());
    // The other way round, with rows left over.
    EXPECT_NEAR(CostOf(cost.transpose(), AssignLeastCost(cost.transpose())), best, 1e-9);
  }
}

TEST(ClusterMatchingTest, LeavesRowsWithoutAColumn) {
  EXPECT_THAT(AssignLeastCost(Eigen::MatrixXd(2, 0)), ElementsAre(-1, -1));
  Eigen::MatrixXd cost(3, 1);
  cost << 3, 1, 2;
  EXPECT_THAT(AssignLeastCost(cost), ElementsAre(-1, 0, -1));
}

}  // namespace
}  // namespace atomstream
