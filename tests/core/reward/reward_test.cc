#include "core/reward/reward.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

std::vector<Blob> Row(int count, float spacing) {
  std::vector<Blob> atoms;
  for (int i = 0; i < count; ++i) atoms.push_back({10 + spacing * i, 20, 2, 1});
  return atoms;
}

double Evaluate(absl::string_view name, const std::vector<Blob>& atoms, double expected,
                double min_neighbour_px) {
  return (*MakeReward(name))->Evaluate(atoms, {expected, min_neighbour_px});
}

TEST(QualityCountTest, IsTheRelativeDifferenceOfCounts) {
  EXPECT_DOUBLE_EQ(Evaluate("qc", Row(10, 5), 10, 4), 0);
  EXPECT_DOUBLE_EQ(Evaluate("qc", Row(8, 5), 10, 4), 0.2);
  EXPECT_DOUBLE_EQ(Evaluate("qc", Row(15, 5), 10, 4), 0.5);
  EXPECT_DOUBLE_EQ(Evaluate("qc", {}, 10, 4), 1);
}

TEST(ErrorRateTest, CountsAtomsWithATooCloseNeighbour) {
  EXPECT_DOUBLE_EQ(Evaluate("er", Row(10, 5), 10, 4), 0);
  std::vector<Blob> atoms = Row(10, 5);
  atoms.push_back({11, 20, 2, 1});  // 1 px from the first: both are in error
  EXPECT_DOUBLE_EQ(Evaluate("er", atoms, 10, 4), 0.2);
  EXPECT_DOUBLE_EQ(Evaluate("er", Row(10, 3), 20, 4), 0.5);
}

TEST(ErrorRateTest, DistanceEqualToTheLimitIsNoError) {
  EXPECT_DOUBLE_EQ(Evaluate("er", Row(4, 4), 4, 4), 0);
  EXPECT_DOUBLE_EQ(Evaluate("er", Row(4, 3.99f), 4, 4), 1);
}

TEST(ErrorRateTest, TwoAtomsAtOnePlaceAreBothErrors) {
  EXPECT_DOUBLE_EQ(Evaluate("er", {{5, 5, 2, 1}, {5, 5, 2, 1}}, 2, 4), 1);
}

TEST(ErrorRateTest, FewAtomsMakeNoError) {
  EXPECT_DOUBLE_EQ(Evaluate("er", {}, 10, 4), 0);
  EXPECT_DOUBLE_EQ(Evaluate("er", Row(1, 1), 10, 4), 0);
}

TEST(MakeRewardTest, UnknownNameIsRefusedWithTheKnownOnes) {
  const auto reward = MakeReward("beauty");
  ASSERT_FALSE(reward.ok());
  EXPECT_EQ(reward.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(reward.status().message(), "reward = \"beauty\": must be \"qc\" or \"er\"");
}

}  // namespace
}  // namespace atomstream
