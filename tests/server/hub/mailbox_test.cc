#include "server/hub/mailbox.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/fakes/stored_results.h"

namespace atomstream {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

int64_t SequenceOf(const HubEvent& event) {
  return std::get<StoredResultPtr>(event)->position.sequence;
}

SettingsChangePtr Change(int64_t version) {
  auto change = std::make_shared<SettingsChange>();
  change->settings.version = version;
  return change;
}

TEST(MailboxTest, KeepsTheNewestAndDeclaresTheRest) {
  Mailbox mailbox({.results = 2});
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ(mailbox.Deliver(MakeStored(i), kNow).dropped, i > 2 ? 1 : 0);
  const Gap gap = std::get<Gap>(*mailbox.Take());
  EXPECT_EQ(gap.first_sequence, 1);
  EXPECT_EQ(gap.last_sequence, 3);
  EXPECT_EQ(gap.results, 3);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 4);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 5);
  EXPECT_FALSE(mailbox.Take().has_value());
}

TEST(MailboxTest, ALossAfterADeclaredOneIsDeclaredAnew) {
  Mailbox mailbox({.results = 1});
  mailbox.Deliver(MakeStored(1), kNow);
  mailbox.Deliver(MakeStored(2), kNow);
  EXPECT_EQ(std::get<Gap>(*mailbox.Take()).last_sequence, 1);
  mailbox.Deliver(MakeStored(3), kNow);  // pushes 2 out
  const Gap gap = std::get<Gap>(*mailbox.Take());
  EXPECT_EQ(gap.first_sequence, 2);
  EXPECT_EQ(gap.last_sequence, 2);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 3);
}

TEST(MailboxTest, KeepsToItsBytesButAlwaysTheNewest) {
  const int64_t one = MakeStored(1, DetectorKind::kLogStar, 1000)->bytes();
  Mailbox mailbox({.results = 100, .bytes = 3 * one});
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(mailbox.Deliver(MakeStored(i, DetectorKind::kLogStar, 1000), kNow).dropped, 0);
  }
  EXPECT_EQ(mailbox.Deliver(MakeStored(4, DetectorKind::kLogStar, 1000), kNow).dropped, 1);
  EXPECT_EQ(mailbox.Deliver(MakeStored(5, DetectorKind::kLogStar, 100'000), kNow).dropped, 3);
  const Gap gap = std::get<Gap>(*mailbox.Take());
  EXPECT_EQ(gap.first_sequence, 1);
  EXPECT_EQ(gap.last_sequence, 4);
  EXPECT_EQ(gap.results, 4);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 5);
  // What was taken makes room.
  for (int i = 6; i <= 8; ++i) {
    EXPECT_EQ(mailbox.Deliver(MakeStored(i, DetectorKind::kLogStar, 1000), kNow).dropped, 0);
  }
}

TEST(MailboxTest, WakesOnceAfterItWasFoundEmpty) {
  Mailbox mailbox({.results = 4});
  EXPECT_FALSE(mailbox.Deliver(MakeStored(1), kNow).wake);  // the consumer has not begun
  EXPECT_TRUE(mailbox.Take().has_value());
  EXPECT_FALSE(mailbox.Take().has_value());
  EXPECT_TRUE(mailbox.Deliver(MakeStored(2), kNow).wake);
  EXPECT_FALSE(mailbox.Deliver(MakeStored(3), kNow).wake);
}

TEST(MailboxTest, OnlyTheNewestSourceStatusWaits) {
  Mailbox mailbox({.results = 4});
  SourceStatus status;
  status.state = SourceState::kConnecting;
  mailbox.Deliver(status);
  mailbox.Deliver(MakeStored(1), kNow);
  status.state = SourceState::kStreaming;
  mailbox.Deliver(status);
  EXPECT_EQ(std::get<SourceStatus>(*mailbox.Take()).state, SourceState::kStreaming);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 1);
  EXPECT_FALSE(mailbox.Take().has_value());
}

TEST(MailboxTest, ClosingLetsTheRestBeTaken) {
  Mailbox mailbox({.results = 4});
  mailbox.Deliver(MakeStored(1), kNow);
  mailbox.Close();
  EXPECT_EQ(mailbox.Deliver(MakeStored(2), kNow).dropped, 0);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 1);
  EXPECT_FALSE(mailbox.Take().has_value());
}

TEST(MailboxTest, OnlyTheNewestChangeOfSettingsWaitsAndItComesBeforeResults) {
  Mailbox mailbox({.results = 2});
  EXPECT_FALSE(mailbox.Take().has_value());
  mailbox.Deliver(MakeStored(1), kNow);
  EXPECT_FALSE(mailbox.Deliver(Change(2)).wake);  // it was woken before
  mailbox.Deliver(Change(3));
  EXPECT_EQ(std::get<SettingsChangePtr>(*mailbox.Take())->settings.version, 3);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 1);
  EXPECT_FALSE(mailbox.Take().has_value());
  EXPECT_TRUE(mailbox.Deliver(Change(4)).wake);
  mailbox.Close();
  EXPECT_FALSE(mailbox.Deliver(Change(5)).wake);
  EXPECT_EQ(std::get<SettingsChangePtr>(*mailbox.Take())->settings.version, 4);
}

TEST(MailboxTest, OneThatIsEmptiedWhenFullHoldsNothingUntilItsGapIsTaken) {
  Mailbox mailbox({.results = 2, .empty_when_full = true});
  EXPECT_EQ(mailbox.Deliver(MakeStored(1), kNow).added, 1);
  EXPECT_EQ(mailbox.Deliver(MakeStored(2), kNow).added, 1);
  const Mailbox::Delivery full = mailbox.Deliver(MakeStored(3), kNow);
  EXPECT_EQ(full.dropped, 3);
  EXPECT_EQ(full.added, -2);
  for (int i = 4; i <= 9; ++i) EXPECT_EQ(mailbox.Deliver(MakeStored(i), kNow).added, 0);
  EXPECT_EQ(mailbox.waiting(), 0);
  const Gap gap = std::get<Gap>(*mailbox.Take());
  EXPECT_EQ(gap.first_sequence, 1);
  EXPECT_EQ(gap.last_sequence, 9);
  EXPECT_EQ(gap.results, 9);
  mailbox.Deliver(MakeStored(10), kNow);
  EXPECT_EQ(SequenceOf(*mailbox.Take()), 10);
  EXPECT_FALSE(mailbox.Take().has_value());
}

TEST(MailboxTest, NoticesCanBeTakenBeforeAGap) {
  Mailbox mailbox({.results = 1});
  mailbox.Deliver(MakeStored(1), kNow);
  mailbox.Deliver(MakeStored(2), kNow);
  mailbox.Deliver(Change(3));
  EXPECT_EQ(std::get<SettingsChangePtr>(*mailbox.TakeNotice())->settings.version, 3);
  EXPECT_FALSE(mailbox.TakeNotice().has_value());
  EXPECT_TRUE(std::holds_alternative<Gap>(*mailbox.Take()));
}

TEST(MailboxTest, TellsWhenTheOldestOfWhatIsNotTakenCame) {
  Mailbox mailbox({.results = 2});
  EXPECT_EQ(mailbox.oldest(), absl::InfiniteFuture());
  const auto at = [](int second) { return kNow + absl::Seconds(second); };
  for (int i = 1; i <= 4; ++i) mailbox.Deliver(MakeStored(i), at(i));
  EXPECT_EQ(mailbox.oldest(), at(1));  // of the gap over 1 and 2
  mailbox.Take();
  EXPECT_EQ(mailbox.oldest(), at(3));
  mailbox.Take();
  mailbox.Take();
  EXPECT_EQ(mailbox.oldest(), absl::InfiniteFuture());
}

TEST(MailboxTest, OfAReaderThatFellBehindTheOldestIsTheFirstThatItReadsFromTheStore) {
  Mailbox mailbox({.results = 2, .empty_when_full = true});
  for (int i = 1; i <= 9; ++i) mailbox.Deliver(MakeStored(i), kNow + absl::Seconds(i));
  EXPECT_EQ(mailbox.waiting(), 0);
  EXPECT_EQ(mailbox.oldest(), kNow + absl::Seconds(1));
}

}  // namespace
}  // namespace atomstream
