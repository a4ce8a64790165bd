#include "client/cli/watch_account.h"

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

TEST(WatchAccountTest, BalancesWhenResultsAndGapsCoverEveryNumber) {
  WatchAccount account;
  EXPECT_TRUE(account.OnRun("e", 10).ok());
  EXPECT_TRUE(account.OnResult("e", 11).ok());
  EXPECT_TRUE(account.OnGap(12, 14).ok());
  EXPECT_TRUE(account.OnResult("e", 15).ok());
  EXPECT_EQ(account.results(), 2);
  EXPECT_EQ(account.lost_in_gaps(), 3);
  EXPECT_EQ(account.lost_while_away(), 0);
}

TEST(WatchAccountTest, OfChosenDetectorsNumbersMustOnlyRise) {
  WatchAccount account(/*all_detectors=*/false);
  EXPECT_TRUE(account.OnRun("e", 10).ok());
  EXPECT_TRUE(account.OnResult("e", 12).ok());
  EXPECT_TRUE(account.OnGap(14, 18, 3).ok());
  EXPECT_TRUE(account.OnResult("e", 20).ok());
  EXPECT_EQ(account.lost_in_gaps(), 3);
  EXPECT_EQ(account.OnResult("e", 20).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(account.OnGap(19, 22, 1).code(), absl::StatusCode::kDataLoss);
}

TEST(WatchAccountTest, RefusesAHoleThatNoGapDeclares) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  const absl::Status status = account.OnResult("e", 4);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("results 2 to 3 are missing"));
  EXPECT_EQ(account.results(), 1);
}

TEST(WatchAccountTest, RefusesAMissingFirstResult) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("e", 5).ok());
  EXPECT_FALSE(account.OnResult("e", 7).ok());
}

TEST(WatchAccountTest, RefusesRepeatedAndDisorderedResults) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  EXPECT_FALSE(account.OnResult("e", 1).ok());
  ASSERT_TRUE(account.OnResult("e", 2).ok());
  EXPECT_FALSE(account.OnResult("e", 1).ok());
}

TEST(WatchAccountTest, RefusesGapsThatDoNotFit) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("e", 3).ok());
  EXPECT_FALSE(account.OnGap(3, 4).ok());  // 3 was published before the start
  EXPECT_FALSE(account.OnGap(5, 6).ok());  // 4 is missing
  EXPECT_FALSE(account.OnGap(4, 3).ok());
  EXPECT_EQ(account.lost_in_gaps(), 0);
}

TEST(WatchAccountTest, RefusesMessagesBeforeTheRunsDescription) {
  WatchAccount account;
  EXPECT_FALSE(account.OnResult("e", 1).ok());
  EXPECT_FALSE(account.OnGap(1, 1).ok());
}

TEST(WatchAccountTest, CountsWhatWasPublishedWhileAway) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  ASSERT_TRUE(account.OnRun("e", 4).ok());
  EXPECT_EQ(account.lost_while_away(), 3);
  EXPECT_TRUE(account.OnResult("e", 5).ok());
  EXPECT_EQ(account.subscriptions(), 2);
}

TEST(WatchAccountTest, RefusesAHistoryThatBecameShorter) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("e", 8).ok());
  ASSERT_TRUE(account.OnResult("e", 9).ok());
  EXPECT_FALSE(account.OnRun("e", 8).ok());
}

TEST(WatchAccountTest, StartsAnewWithANewEpochButRefusesOneInTheMiddle) {
  WatchAccount account;
  ASSERT_TRUE(account.OnRun("old", 8).ok());
  ASSERT_TRUE(account.OnResult("old", 9).ok());
  EXPECT_FALSE(account.OnResult("new", 10).ok());
  ASSERT_TRUE(account.OnRun("new", 2).ok());
  EXPECT_EQ(account.lost_while_away(), 0);
  EXPECT_TRUE(account.OnResult("new", 3).ok());
}

}  // namespace
}  // namespace atomstream
