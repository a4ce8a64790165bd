#include "server/store/recent_results.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/fakes/stored_results.h"

namespace atomstream {
namespace {

constexpr size_t kBytes = 1000;

StoredResultPtr Stored(int64_t sequence) {
  return MakeStored(sequence, DetectorKind::kLogStar, kBytes);
}

int64_t RoomFor(int64_t results) { return results * Stored(1)->bytes(); }

// As many results as fit.
RecentBounds BoundsFor(int64_t kept, int64_t waiting) {
  return {.max_bytes = RoomFor(kept), .max_waiting_bytes = RoomFor(waiting)};
}

TEST(RecentResultsTest, KeepsTheNewestWrittenOnes) {
  RecentResults recent("epoch", BoundsFor(3, 100), 0, 0);
  for (int64_t i = 1; i <= 10; ++i) EXPECT_EQ(recent.Add(Stored(i), true), 0);
  EXPECT_EQ(recent.newest(), 10);
  EXPECT_EQ(recent.written(), 10);
  EXPECT_EQ(recent.Find(7), nullptr);
  for (int64_t i = 8; i <= 10; ++i) EXPECT_EQ(recent.Find(i)->position.sequence, i);
  EXPECT_EQ(recent.Find(11), nullptr);
  EXPECT_TRUE(recent.nothing_waits());
}

TEST(RecentResultsTest, WhatWaitsStaysUntilItIsWritten) {
  RecentResults recent("epoch", BoundsFor(2, 100), 0, 0);
  for (int64_t i = 1; i <= 3; ++i) recent.Add(Stored(i), true);
  for (int64_t i = 4; i <= 9; ++i) recent.Add(Stored(i), false);
  EXPECT_EQ(recent.waiting(), 6);
  EXPECT_EQ(recent.Waiting().front()->position.sequence, 4);
  for (int64_t i = 4; i <= 9; ++i) EXPECT_EQ(recent.Find(i)->encoded.size(), kBytes);
  RecentResults::Batch batch = recent.BeginWrite(4, 1 << 20);
  EXPECT_EQ(batch.results.size(), 4u);
  EXPECT_EQ(recent.EndWrite(true), 0);
  EXPECT_EQ(recent.written(), 7);
  EXPECT_EQ(recent.waiting(), 2);
  EXPECT_EQ(recent.Find(7), nullptr);  // two are kept
  batch = recent.BeginWrite(4, 1);
  EXPECT_EQ(batch.results.size(), 1u);
  EXPECT_EQ(recent.EndWrite(false), 0);
  EXPECT_EQ(recent.waiting(), 2);
  batch = recent.BeginWrite(4, 1 << 20);
  EXPECT_EQ(batch.results.front()->position.sequence, 8);
  EXPECT_EQ(recent.EndWrite(true), 0);
  EXPECT_TRUE(recent.nothing_waits());
  EXPECT_EQ(recent.waiting_bytes(), 0);
}

TEST(RecentResultsTest, WhatFindsNoRoomIsLostTheOldestFirst) {
  RecentResults recent("epoch", BoundsFor(100, 3), 0, 0);
  recent.Add(Stored(1), true);
  int64_t lost = 0;
  for (int64_t i = 2; i <= 9; ++i) lost += recent.Add(Stored(i), false);
  EXPECT_EQ(lost, 5);  // 2 … 6
  EXPECT_EQ(recent.waiting(), 3);
  EXPECT_EQ(recent.Find(1), nullptr);
  EXPECT_TRUE(recent.Find(2)->lost());
  EXPECT_EQ(recent.Find(2)->position.epoch, "epoch");
  EXPECT_TRUE(recent.Find(6)->lost());
  EXPECT_FALSE(recent.Find(7)->lost());
  RecentResults::Batch batch = recent.BeginWrite(2, 1 << 20);
  EXPECT_EQ(batch.lost, 2);
  EXPECT_TRUE(batch.results.empty());
  EXPECT_EQ(recent.EndWrite(true), 0);
  EXPECT_EQ(recent.written(), 3);
  EXPECT_EQ(recent.BeginWrite(100, 1 << 20).lost, 3);
  recent.EndWrite(true);
  EXPECT_EQ(recent.BeginWrite(100, 1 << 20).results.size(), 3u);
  recent.EndWrite(true);
  EXPECT_TRUE(recent.nothing_waits());
}

TEST(RecentResultsTest, TheNewestWaitsWhateverItsSize) {
  RecentResults recent("epoch", BoundsFor(1, 1), 0, 0);
  EXPECT_EQ(recent.Add(MakeStored(1, DetectorKind::kLogStar, 10 * kBytes), false), 0);
  EXPECT_EQ(recent.Add(MakeStored(2, DetectorKind::kLogStar, 20 * kBytes), false), 1);
  EXPECT_FALSE(recent.Find(2)->lost());
}

TEST(RecentResultsTest, WhatIsBeingWrittenIsLostOnlyIfThatFails) {
  for (const bool written : {true, false}) {
    RecentResults recent("epoch", BoundsFor(100, 2), 0, 0);
    recent.Add(Stored(1), false);
    recent.Add(Stored(2), false);
    EXPECT_EQ(recent.BeginWrite(100, 1 << 20).results.size(), 2u);
    int64_t lost = 0;
    for (int64_t i = 3; i <= 6; ++i) lost += recent.Add(Stored(i), false);
    EXPECT_EQ(lost, 2);  // 3 and 4
    EXPECT_FALSE(recent.Find(1)->lost());
    EXPECT_EQ(recent.waiting(), 4);
    EXPECT_EQ(recent.Waiting().size(), 4u);
    EXPECT_EQ(recent.EndWrite(written), written ? 0 : 2);
    EXPECT_EQ(recent.waiting(), 2);
    EXPECT_EQ(recent.BeginWrite(100, 1 << 20).lost, written ? 2 : 4);
  }
}

TEST(RecentResultsTest, NumbersThatAnEarlierRunGaveOutAreLost) {
  RecentResults recent("epoch", BoundsFor(100, 100), 5, 8);
  EXPECT_FALSE(recent.nothing_waits());
  EXPECT_EQ(recent.waiting(), 0);
  EXPECT_EQ(recent.Find(5), nullptr);
  EXPECT_TRUE(recent.Find(6)->lost());
  EXPECT_TRUE(recent.Find(8)->lost());
  recent.Add(Stored(9), false);
  EXPECT_EQ(recent.BeginWrite(100, 1 << 20).lost, 3);
  recent.EndWrite(true);
  EXPECT_EQ(recent.BeginWrite(100, 1 << 20).results.size(), 1u);
  recent.EndWrite(true);
  EXPECT_TRUE(recent.nothing_waits());
}

TEST(RecentResultsTest, LessRoomToWaitLosesTheOldestAtOnce) {
  RecentResults recent("epoch", BoundsFor(100, 6), 0, 0);
  for (int64_t sequence = 1; sequence <= 6; ++sequence) recent.Add(Stored(sequence), false);
  EXPECT_EQ(recent.SetMaxWaitingBytes(RoomFor(6)), 0);
  EXPECT_EQ(recent.SetMaxWaitingBytes(RoomFor(2)), 4);
  EXPECT_EQ(recent.waiting(), 2);
  EXPECT_EQ(recent.oldest_waiting(), 5);
  EXPECT_TRUE(recent.Find(4)->lost());
  EXPECT_EQ(recent.SetMaxWaitingBytes(RoomFor(4)), 0);
  EXPECT_EQ(recent.Add(Stored(7), false), 0);
  EXPECT_EQ(recent.waiting(), 3);
}

// The law: every number is written once, in order, as a result or as lost, and the losses that are
// told are those.
TEST(RecentResultsTest, EveryNumberIsWrittenOnceAndTheLossesAreTold) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    RecentResults recent("epoch", BoundsFor(4, 6), 0, 0);
    int64_t next = 0, told = 0, written_as_lost = 0;
    RecentResults::Batch batch;
    for (int step = 0; step < 2000 || !recent.nothing_waits(); ++step) {
      if (step < 2000 && random() % 3 != 0) {
        told += recent.Add(Stored(recent.newest() + 1), recent.nothing_waits() && random() % 2);
        if (recent.nothing_waits()) next = recent.newest();
      } else if (!batch.empty()) {
        const bool good = step >= 2000 || random() % 2 == 0;
        told += recent.EndWrite(good);
        if (good) {
          for (const StoredResultPtr& result : batch.results) {
            ASSERT_EQ(result->position.sequence, ++next);
          }
          next += batch.lost;
          written_as_lost += batch.lost;
        }
        batch = {};
      } else if (!recent.nothing_waits()) {
        batch = recent.BeginWrite(1 + static_cast<int>(random() % 4), 3 * kBytes);
        ASSERT_FALSE(batch.empty());
      }
      if (random() % 16 == 0)
        told += recent.SetMaxWaitingBytes(RoomFor(1 + static_cast<int64_t>(random() % 6)));
      ASSERT_EQ(recent.written(), next);
      ASSERT_LE(recent.Waiting().size(), 6u + batch.results.size());
      ASSERT_EQ(static_cast<int64_t>(recent.Waiting().size()), recent.waiting());
      for (const StoredResultPtr& result : recent.Waiting()) {
        ASSERT_EQ(recent.Find(result->position.sequence), result);
      }
    }
    EXPECT_EQ(written_as_lost, told);
    EXPECT_EQ(recent.waiting_bytes(), 0);
  }
}

}  // namespace
}  // namespace atomstream
