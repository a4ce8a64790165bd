#include "server/targeting/target_mailbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SelectionUpdatePtr Update(const std::vector<int64_t>& targets,
                          const std::vector<int64_t>& withdrawn = {}, bool lost = false) {
  auto update = std::make_shared<SelectionUpdate>();
  for (const int64_t id : targets) update->update.targets.emplace_back().where.id = id;
  for (const int64_t id : withdrawn) {
    update->update.withdrawn.push_back({id, WithdrawalReason::kMoved, "frame"});
  }
  update->update.identities_lost = lost;
  return update;
}

std::vector<int64_t> WithdrawnOf(const SelectionUpdate& update) {
  std::vector<int64_t> ids;
  for (const Withdrawal& withdrawal : update.update.withdrawn) ids.push_back(withdrawal.id);
  return ids;
}

TEST(TargetMailboxTest, GivesEachUpdateOnce) {
  TargetMailbox mailbox;
  EXPECT_FALSE(mailbox.Take().has_value());
  EXPECT_TRUE(mailbox.Deliver(Update({1, 2})));  // the consumer had found nothing
  const auto taken = mailbox.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_THAT(taken->update.added, ElementsAre(1, 2));
  EXPECT_EQ(taken->frames_skipped, 0);
  EXPECT_FALSE(mailbox.Take().has_value());
}

TEST(TargetMailboxTest, WakesOnlyWhoFoundNothing) {
  TargetMailbox mailbox;
  EXPECT_FALSE(mailbox.Deliver(Update({1})));
  EXPECT_TRUE(mailbox.Take().has_value());
  EXPECT_FALSE(mailbox.Deliver(Update({1})));
}

TEST(TargetMailboxTest, MergesWhatASlowReaderMissed) {
  TargetMailbox mailbox;
  mailbox.Deliver(Update({1, 2}));
  mailbox.Take();
  mailbox.Deliver(Update({2, 3}, {1}));
  mailbox.Deliver(Update({3, 4}, {2}));
  const auto taken = mailbox.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->frames_skipped, 1);
  EXPECT_THAT(taken->update.added, ElementsAre(3, 4));
  EXPECT_THAT(WithdrawnOf(*taken), ElementsAre(1, 2));
  EXPECT_EQ(taken->update.withdrawn[0].reason, WithdrawalReason::kMoved);
}

TEST(TargetMailboxTest, SaysNothingOfATargetThatCameAndWentUnread) {
  TargetMailbox mailbox;
  mailbox.Deliver(Update({1}));
  mailbox.Take();
  mailbox.Deliver(Update({1, 2}));
  mailbox.Deliver(Update({1}, {2}));
  const auto taken = mailbox.Take();
  EXPECT_THAT(taken->update.added, IsEmpty());
  EXPECT_THAT(taken->update.withdrawn, IsEmpty());
}

TEST(TargetMailboxTest, CallsATargetThatWentAndCameBackAdded) {
  TargetMailbox mailbox;
  mailbox.Deliver(Update({1}));
  mailbox.Take();
  mailbox.Deliver(Update({}, {1}));
  mailbox.Deliver(Update({1}));
  const auto taken = mailbox.Take();
  EXPECT_THAT(taken->update.added, ElementsAre(1));
  EXPECT_THAT(taken->update.withdrawn, IsEmpty());
}

TEST(TargetMailboxTest, KeepsThatIdentitiesWereLost) {
  TargetMailbox mailbox;
  mailbox.Deliver(Update({1}));
  mailbox.Take();
  mailbox.Deliver(Update({7}, {1}, /*lost=*/true));
  mailbox.Deliver(Update({7}));
  EXPECT_TRUE(mailbox.Take()->update.identities_lost);
  mailbox.Deliver(Update({7}));
  EXPECT_FALSE(mailbox.Take()->update.identities_lost);
}

TEST(TargetMailboxTest, GivesWhatWaitedWhenItWasClosed) {
  TargetMailbox mailbox;
  mailbox.Deliver(Update({1}));
  mailbox.Close();
  EXPECT_TRUE(mailbox.closed());
  EXPECT_FALSE(mailbox.Deliver(Update({2})));
  const auto taken = mailbox.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->update.targets[0].where.id, 1);
  EXPECT_FALSE(mailbox.Take().has_value());
}

}  // namespace
}  // namespace atomstream
