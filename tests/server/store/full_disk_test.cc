// A JournalStore whose disk is full or fails: streaming goes on, the loss is told, and recording
// goes on as soon as there is space.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>

#include "server/store/store_keeper.h"
#include "tests/server/store/journal_store_fixture.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FullDiskTest : public JournalStoreTest {
 protected:
  // Not every result of a megabyte waits.
  int64_t RoomFor() const {
    return (int64_t{options_.max_waiting_mib} << 20) / static_cast<int64_t>(kResultBytes + 1000);
  }
};

TEST_F(FullDiskTest, ResultsGoOnAndAreWrittenWhenThereIsSpace) {
  Open();
  AppendMany(3);
  Fill();
  AppendMany(20);
  EXPECT_EQ(store_->range().newest, 23);
  ExpectAll(1, 23);
  StoreStatus status = store_->status();
  EXPECT_FALSE(status.recording);
  EXPECT_EQ(status.results_waiting, 20);
  EXPECT_EQ(status.results_lost, 0);
  EXPECT_THAT(status.last_error, HasSubstr("RESOURCE_EXHAUSTED"));
  KeepUp();
  EXPECT_EQ(metrics_.recording->value(), 0);
  EXPECT_EQ(metrics_.results_waiting->value(), 20);
  EXPECT_EQ(metrics_.commits_failed->value(), 2);  // of the first, and of KeepUp
  disk_.Heal();
  KeepUp();
  status = store_->status();
  EXPECT_TRUE(status.recording);
  EXPECT_EQ(status.results_waiting, 0);
  EXPECT_EQ(status.results_lost, 0);
  EXPECT_EQ(metrics_.recording->value(), 1);
  ExpectAll(1, 23);
  AppendMany(2);
  Open();
  EXPECT_EQ(report_.damage, "");
  ExpectAll(1, 25);
}

TEST_F(FullDiskTest, TheAgeOfWhatWaitsGrowsUntilItIsWritten) {
  Open();
  AppendMany(2);
  store_->ShowAge();
  EXPECT_EQ(metrics_.age->value(), 0);
  Fill();
  AppendMany(1);
  steady_clock_.Advance(absl::Seconds(3));
  AppendMany(1);
  for (const int seconds : {0, 5}) {
    steady_clock_.Advance(absl::Seconds(seconds));
    store_->ShowAge();
    EXPECT_DOUBLE_EQ(metrics_.age->value(), 3 + seconds);
  }
  const double before = metrics_.age->value();
  KeepUp();  // in vain, and the clock goes on
  store_->ShowAge();
  EXPECT_GT(metrics_.age->value(), before);
  disk_.Heal();
  KeepUp();
  store_->ShowAge();
  EXPECT_EQ(metrics_.age->value(), 0);
}

TEST_F(FullDiskTest, WhatWasLostDoesNotWaitAnyLonger) {
  options_.max_waiting_mib = 1;
  Open();
  Fill();
  AppendMany(1);
  steady_clock_.Advance(absl::Seconds(60));
  AppendMany(static_cast<int>(RoomFor()) + 10);
  EXPECT_GT(store_->status().results_lost, 0);
  store_->ShowAge();
  EXPECT_EQ(metrics_.age->value(), 0);  // those that wait have just come
}

TEST_F(FullDiskTest, TheAlarmIsToldOnceAndTheEndOfIt) {
  Open();
  Fill();
  AppendMany(5);
  KeepUp();
  KeepUp();
  const std::string text = log_.text();
  const size_t told = text.find("W RESULTS ARE NOT BEING RECORDED: RESOURCE_EXHAUSTED");
  ASSERT_NE(told, std::string::npos);
  EXPECT_EQ(text.find("NOT BEING RECORDED", told + 20), std::string::npos);
  EXPECT_THAT(text, Not(HasSubstr("recorded again")));
  disk_.Heal();
  KeepUp();
  EXPECT_THAT(log_.text(), HasSubstr("results are being recorded again; 0 were lost"));
}

TEST_F(FullDiskTest, SeveralResultsThatWaitAreOneCommit) {
  Open();
  Fill();
  AppendMany(40);
  disk_.Heal();
  KeepUp();
  EXPECT_LE(metrics_.commit_seconds->snapshot().count, 2u);
  ExpectAll(1, 40);
}

TEST_F(FullDiskTest, WhatFindsNoRoomIsLostAndItsNumberAloneIsKept) {
  options_.max_waiting_mib = 1;
  Open();
  AppendMany(2);
  Fill();
  AppendMany(100);
  const int64_t waiting = store_->status().results_waiting;
  EXPECT_GE(waiting, RoomFor());
  EXPECT_LT(waiting, 60);
  const int64_t lost = 100 - waiting;
  EXPECT_EQ(store_->status().results_lost, lost);
  EXPECT_EQ(metrics_.results_lost->value(), lost);
  std::vector<int64_t> numbers(static_cast<size_t>(lost));
  std::iota(numbers.begin(), numbers.end(), 3);
  ExpectAll(1, 102, numbers);
  disk_.Heal();
  KeepUp();
  ExpectAll(1, 102, numbers);
  EXPECT_EQ(store_->status().results_lost, lost);
  EXPECT_THAT(log_.text(), HasSubstr(absl::StrCat("recorded again; ", lost, " were lost")));
  Open();
  EXPECT_EQ(report_.damage, "");
  ExpectAll(1, 102, numbers);
  // Lists leave them out, counts do not.
  EXPECT_EQ(store_->List({}, {.max_entries = 1000})->results.size(), 102u - numbers.size());
  EXPECT_EQ(*store_->Count(1, 102, {DetectorKind::kUnet}), lost);
  EXPECT_TRUE(absl::IsNotFound(store_->GetNewestOf("(lost)").status()));
}

TEST_F(FullDiskTest, WhatMayWaitCanBeMadeMoreAndLessMeanwhile) {
  options_.max_waiting_mib = 1;
  Open();
  Fill();
  AppendMany(100);
  const int64_t lost = store_->status().results_lost;
  EXPECT_GT(lost, 0);
  options_.max_waiting_mib = 64;
  store_->SetBounds(options_);
  AppendMany(100);
  EXPECT_EQ(store_->status().results_lost, lost);
  options_.max_waiting_mib = 2;
  store_->SetBounds(options_);
  const StoreStatus status = store_->status();
  EXPECT_GT(status.results_lost, lost);
  EXPECT_LE(status.results_waiting, 2 * RoomFor());
  EXPECT_EQ(status.results_lost + status.results_waiting, 200);
  EXPECT_EQ(metrics_.results_lost->value(), status.results_lost);
  disk_.Heal();
  KeepUp();
  EXPECT_EQ(store_->status().results_lost, status.results_lost);
  EXPECT_TRUE(store_->status().recording);
}

TEST_F(FullDiskTest, AProcessThatEndsMeanwhileGivesNoNumberTwice) {
  Open();
  const std::string epoch = store_->epoch();
  AppendMany(3);
  Fill();
  AppendMany(4);
  store_.reset();  // as a crash: nobody flushes
  disk_.Heal();
  Open();
  EXPECT_EQ(report_.damage, "");
  EXPECT_EQ(store_->epoch(), epoch);
  EXPECT_EQ(store_->range().newest, 7);
  EXPECT_EQ(store_->status().results_lost, 4);
  EXPECT_THAT(log_.text(), HasSubstr("results 4 to 7 were published, but could not be written"));
  ExpectAll(1, 7, {4, 5, 6, 7});
  // The first result may come before the lost ones are entered.
  AppendMany(1);
  EXPECT_EQ(store_->range().newest, 8);
  ExpectAll(1, 8, {4, 5, 6, 7});
  KeepUp();
  AppendMany(1);
  ExpectAll(1, 9, {4, 5, 6, 7});
  Open();
  EXPECT_EQ(store_->status().results_lost, 0);
  ExpectAll(1, 9, {4, 5, 6, 7});
}

TEST_F(FullDiskTest, TheEndWritesWhatWaitsIfItCan) {
  Open();
  Fill();
  AppendMany(4);
  store_->Flush(absl::InfiniteFuture());
  EXPECT_THAT(log_.text(), HasSubstr("4 results could not be written before the end: "));
  disk_.Heal();
  store_->Flush(steady_clock_.Now() - absl::Seconds(1));
  EXPECT_EQ(store_->status().results_waiting, 4);
  store_->Flush(absl::InfiniteFuture());
  EXPECT_EQ(store_->status().results_waiting, 0);
  Open();
  ExpectAll(1, 4);
}

TEST_F(FullDiskTest, AResultThatNoJournalTakesIsPublishedAndLost) {
  Open();
  FrameRecord record = Record("f");
  // Of an analysis that begins later than it: no detector gives such a thing.
  record.summary.push_back({DetectorKind::kUnet, DetectorState::kDone, "", 99});
  const auto appended = store_->Append(std::move(record));
  ASSERT_TRUE(appended.ok());
  EXPECT_FALSE(appended->stored->lost());
  EXPECT_EQ(store_->status().results_lost, 1);
  EXPECT_TRUE(store_->status().recording);
  Open();
  EXPECT_TRUE(store_->ReadAfter(0, {})->front()->lost());
  AppendMany(1);
}

// Every kind of failure at every place, healed at random, with a keeper that is late at random.
TEST_F(FullDiskTest, WhateverFailsNothingIsWrittenTwiceOrOutOfOrder) {
  options_.max_waiting_mib = 1;
  std::mt19937_64 random(7);
  Open();
  const std::string epoch = store_->epoch();
  int64_t lost = 0;
  for (int i = 0; i < 300; ++i) {
    const DiskFault faults[] = {DiskFault::kFull, DiskFault::kWriteFails, DiskFault::kSyncFails};
    disk_.FailAfter(static_cast<int64_t>(random() % 30), faults[random() % 3]);
    AppendMany(static_cast<int>(random() % 12));
    if (random() % 2 == 0) steady_clock_.Advance(absl::Seconds(1));
    if (random() % 2 == 0) store_->KeepUp();
    if (random() % 4 == 0) disk_.Heal();
    if (random() % 3 == 0) store_->KeepUp();
    if (random() % 30 == 0) {
      disk_.Heal();
      KeepUp();
      lost += store_->status().results_lost;
      Open();
      ASSERT_EQ(report_.damage, "");
    }
  }
  disk_.Heal();
  KeepUp();
  lost += store_->status().results_lost;
  EXPECT_EQ(store_->epoch(), epoch);
  const int64_t newest = store_->range().newest;
  EXPECT_GT(newest, 1000);
  int64_t found_lost = 0;
  for (int64_t after = 0; after < newest;) {
    const auto page = store_->ReadAfter(after, {});
    ASSERT_TRUE(page.ok()) << page.status();
    for (const StoredResultPtr& result : *page) {
      ASSERT_EQ(result->position.sequence, ++after);
      found_lost += result->lost() ? 1 : 0;
      if (result->lost()) continue;
      ASSERT_EQ(result->encoded, WireForm(absl::StrCat("f", after), after));
    }
  }
  EXPECT_EQ(found_lost, lost);
}

TEST_F(FullDiskTest, ReadersSeeEveryNumberOnceWhileTheDiskComesAndGoes) {
  options_.max_waiting_mib = 1;
  Open();
  RealWait wait;
  StoreKeeper keeper([this] { return store_->KeepUp(); }, &wait);
  keeper.Start();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      int64_t after = 0;
      while (!stop || after < store_->range().newest) {
        const auto page = store_->ReadAfter(after, {});
        ASSERT_TRUE(page.ok()) << page.status();
        for (const StoredResultPtr& result : *page) {
          ASSERT_EQ(result->position.sequence, ++after);
          if (result->lost()) continue;
          ASSERT_EQ(result->encoded, WireForm(absl::StrCat("f", after), after));
        }
        (void)store_->status();
        (void)store_->GetNewestOf(absl::StrCat("f", after));
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    Fill();
    AppendMany(20);
    disk_.Heal();
    steady_clock_.Advance(absl::Seconds(1));
    AppendMany(10);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  keeper.Stop();
  store_->Flush(absl::InfiniteFuture());
  EXPECT_EQ(store_->status().results_waiting, 0);
}

}  // namespace
}  // namespace atomstream
