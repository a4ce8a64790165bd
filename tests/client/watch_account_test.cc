#include "client/cli/watch_account.h"

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

TEST(WatchAccountTest, BalancesWhenResultsAndGapsCoverEveryNumber) {
  WatchAccount account;
  EXPECT_TRUE(account.OnLinked("e", 10).ok());
  EXPECT_TRUE(account.OnResult("e", 11).ok());
  EXPECT_TRUE(account.OnGap("e", 12, 14).ok());
  EXPECT_TRUE(account.OnResult("e", 15).ok());
  EXPECT_EQ(account.results(), 2);
  EXPECT_EQ(account.lost_in_gaps(), 3);
  EXPECT_EQ(account.lost_while_away(), 0);
  ASSERT_EQ(account.epochs().size(), 1u);
  const WatchAccount::Books& books = account.epochs()[0];
  EXPECT_EQ(books.first, 11);
  EXPECT_EQ(books.last, 15);
  EXPECT_EQ(books.received + books.lost, books.last - books.first + 1);
}

TEST(WatchAccountTest, OfChosenDetectorsNumbersMustOnlyRise) {
  WatchAccount account(/*all_detectors=*/false);
  EXPECT_TRUE(account.OnLinked("e", 10).ok());
  EXPECT_TRUE(account.OnResult("e", 12).ok());
  EXPECT_TRUE(account.OnGap("e", 14, 18, 3).ok());
  EXPECT_TRUE(account.OnResult("e", 20).ok());
  EXPECT_EQ(account.lost_in_gaps(), 3);
  EXPECT_EQ(account.OnResult("e", 20).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(account.OnGap("e", 19, 22, 1).code(), absl::StatusCode::kDataLoss);
}

TEST(WatchAccountTest, RefusesAHoleThatNoGapDeclares) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  const absl::Status status = account.OnResult("e", 4);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("results 2 to 3 are missing"));
  EXPECT_EQ(account.results(), 1);
}

TEST(WatchAccountTest, RefusesAMissingFirstResult) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("e", 5).ok());
  EXPECT_FALSE(account.OnResult("e", 7).ok());
}

TEST(WatchAccountTest, RefusesRepeatedAndDisorderedResults) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  EXPECT_FALSE(account.OnResult("e", 1).ok());
  ASSERT_TRUE(account.OnResult("e", 2).ok());
  EXPECT_FALSE(account.OnResult("e", 1).ok());
}

TEST(WatchAccountTest, RefusesGapsThatDoNotFit) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("e", 3).ok());
  EXPECT_FALSE(account.OnGap("e", 3, 4).ok());  // 3 was published before the start
  EXPECT_FALSE(account.OnGap("e", 5, 6).ok());  // 4 is missing
  EXPECT_FALSE(account.OnGap("e", 4, 3).ok());
  EXPECT_EQ(account.lost_in_gaps(), 0);
}

TEST(WatchAccountTest, RefusesResultsBeforeTheFirstLink) {
  WatchAccount account;
  EXPECT_FALSE(account.OnResult("e", 1).ok());
}

TEST(WatchAccountTest, GoesOnAfterALinkWasLostWhereItWas) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  EXPECT_TRUE(account.OnLinked("e", 1).ok());
  EXPECT_TRUE(account.OnResult("e", 2).ok());
  EXPECT_EQ(account.links(), 2);
  EXPECT_EQ(account.OnLinked("e", 1).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(account.OnLinked("e", 3).code(), absl::StatusCode::kDataLoss);
}

TEST(WatchAccountTest, CountsWhatIsNoLongerKeptByItself) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("e", 0).ok());
  ASSERT_TRUE(account.OnResult("e", 1).ok());
  EXPECT_TRUE(account.OnGap("e", 2, 4, 3, /*while_away=*/true).ok());
  EXPECT_TRUE(account.OnLinked("e", 4).ok());
  EXPECT_TRUE(account.OnGap("e", 5, 5).ok());
  EXPECT_EQ(account.lost_while_away(), 3);
  EXPECT_EQ(account.lost_in_gaps(), 1);
  EXPECT_EQ(account.epochs()[0].lost, 4);
}

TEST(WatchAccountTest, AGapMayComeBeforeTheFirstLink) {
  WatchAccount account;
  EXPECT_TRUE(account.OnGap("e", 8, 9, 2, /*while_away=*/true).ok());
  EXPECT_TRUE(account.OnLinked("e", 9).ok());
  EXPECT_TRUE(account.OnResult("e", 10).ok());
  EXPECT_EQ(account.epochs()[0].first, 8);
}

TEST(WatchAccountTest, KeepsBooksOfEachEpochAndRefusesOneInTheMiddle) {
  WatchAccount account;
  ASSERT_TRUE(account.OnLinked("old", 8).ok());
  ASSERT_TRUE(account.OnResult("old", 9).ok());
  EXPECT_FALSE(account.OnResult("new", 10).ok());
  ASSERT_TRUE(account.OnLinked("new", 0).ok());
  EXPECT_TRUE(account.OnResult("new", 1).ok());
  ASSERT_EQ(account.epochs().size(), 2u);
  EXPECT_EQ(account.epochs()[0].epoch, "old");
  EXPECT_EQ(account.epochs()[0].received, 1);
  EXPECT_EQ(account.epochs()[1].last, 1);
  EXPECT_EQ(account.OnLinked("old", 9).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(account.OnGap("old", 10, 10).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace atomstream
