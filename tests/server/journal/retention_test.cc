#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "server/journal/entry_row.h"
#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

using RetentionTest = JournalTest;

TEST_F(RetentionTest, KeepsTheNewestEntriesUpToACount) {
  options_.retention.max_entries = 30;
  ASSERT_TRUE(Open().ok());
  AppendMany(20);
  Maintain();
  ExpectAllThere(1, 20);
  AppendMany(80);
  Maintain();
  ExpectAllThere(71, 100);
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(71, 100);
}

TEST_F(RetentionTest, KeepsTheNewestEntriesUpToASize) {
  ASSERT_TRUE(Open().ok());
  AppendMany(100);
  int64_t bytes = 0;
  for (int64_t i = 61; i <= 100; ++i) bytes += BytesOf(MakeEntry(i));
  options_.retention.max_bytes = bytes;
  ASSERT_TRUE(Open().ok());
  Maintain();
  ExpectAllThere(61, 100);
  options_.retention.max_bytes = bytes - 1;
  ASSERT_TRUE(Open().ok());
  Maintain();
  ExpectAllThere(62, 100);
}

TEST_F(RetentionTest, KeepsEntriesUpToAnAge) {
  options_.retention.max_age = absl::Hours(1);
  ASSERT_TRUE(Open().ok());
  AppendMany(100);
  // Frames come each 50 ms and have two results.
  clock_.Advance(MakeEntry(41).key.result_time + absl::Hours(1) - clock_.Now());
  Maintain();
  ExpectAllThere(40, 100);
}

TEST_F(RetentionTest, KeepsTheNewestEntryInAnyCaseSoThatNumbersNeverComeAgain) {
  options_.retention.max_age = absl::Seconds(1);
  ASSERT_TRUE(Open().ok());
  AppendMany(10);
  clock_.Advance(absl::Hours(1));
  Maintain();
  ExpectAllThere(10, 10);
  ASSERT_TRUE(Open().ok());
  AppendMany(1);
  Maintain();
  ExpectAllThere(11, 11);
}

TEST_F(RetentionTest, BoundsThatChangeCountFromTheNextStepOn) {
  ASSERT_TRUE(Open().ok());
  AppendMany(100);
  Maintain();
  ExpectAllThere(1, 100);
  journal_->SetBounds({.max_entries = 40}, 0);
  ExpectAllThere(1, 100);
  Maintain();
  ExpectAllThere(61, 100);
  int64_t bytes = 0;
  for (int64_t i = 91; i <= 100; ++i) bytes += BytesOf(MakeEntry(i));
  journal_->SetBounds({.max_entries = 40, .max_bytes = bytes}, 0);
  Maintain();
  ExpectAllThere(91, 100);
  journal_->SetBounds({}, 0);
  AppendMany(100);
  Maintain();
  ExpectAllThere(91, 200);
  clock_.Advance(MakeEntry(200).key.result_time + absl::Hours(2) - clock_.Now());
  journal_->SetBounds({.max_age = absl::Hours(1)}, 0);
  Maintain();
  ExpectAllThere(200, 200);
}

TEST_F(RetentionTest, AStepIsBoundedInEntriesAndBytes) {
  options_.retention.max_entries = 1;
  ASSERT_TRUE(Open().ok());
  std::vector<NewEntry> entries(100, MakeEntry(1));
  ASSERT_TRUE(journal_->AppendBatch(entries).ok());
  ASSERT_TRUE(*journal_->MaintainStep());
  EXPECT_EQ(journal_->range().oldest, 1 + RetentionStep::kStepEntries);
  Maintain();
  EXPECT_EQ(journal_->range().oldest, 100);
  for (NewEntry& entry : entries) entry.payload.assign(1 << 20, 'x');
  entries.resize(12);
  ASSERT_TRUE(journal_->AppendBatch(entries).ok());
  ASSERT_TRUE(*journal_->MaintainStep());
  EXPECT_EQ(journal_->range().oldest, 109);  // the small one and eight of 1 MiB
}

TEST_F(RetentionTest, SpaceIsGivenBackWhenMuchIsFree) {
  ASSERT_TRUE(Open().ok());
  std::vector<NewEntry> entries(40, MakeEntry(1));
  for (NewEntry& entry : entries) entry.payload.assign(1 << 20, 'x');
  ASSERT_TRUE(journal_->AppendBatch(entries).ok());
  ASSERT_TRUE(Open().ok());  // so that all is in the main file
  EXPECT_GT(std::filesystem::file_size(options_.path), 40u << 20);
  options_.retention.max_entries = 1;
  ASSERT_TRUE(Open().ok());
  Maintain();
  ASSERT_TRUE(Open().ok());
  EXPECT_LT(std::filesystem::file_size(options_.path), 20u << 20);
  EXPECT_EQ(journal_->range().oldest, 40);
}

TEST_F(RetentionTest, AppendsReadsAndRetentionGoOnBesideEachOther) {
  options_.retention.max_entries = 50;
  options_.max_readers = 2;
  ASSERT_TRUE(Open().ok());
  AppendMany(1);
  constexpr int64_t kEntries = 400;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!done) EXPECT_TRUE(journal_->MaintainStep().ok());
  });
  // Bounds that mean the same: readers count on what is kept.
  threads.emplace_back([&] {
    for (int64_t i = 0; !done; ++i) {
      journal_->SetBounds({.max_entries = 50, .max_bytes = i % 2 == 0 ? 0 : int64_t{1} << 40}, 0);
    }
  });
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&] {
      for (int64_t after = 0; after < kEntries;) {
        const auto entries = journal_->ReadAfter(after, 10, 100'000);
        if (absl::IsOutOfRange(entries.status())) {
          after = journal_->range().oldest - 1;
          continue;
        }
        if (!entries.ok()) {
          ADD_FAILURE() << entries.status();
          return;
        }
        for (const Entry& entry : *entries) {
          EXPECT_EQ(entry.sequence, after + 1);
          EXPECT_TRUE(IsEntry(entry, entry.sequence));
          after = entry.sequence;
        }
        const auto page = journal_->List({}, {.order = EntryOrder::kNewestFirst, .max_entries = 5});
        EXPECT_TRUE(page.ok() && page->damaged.empty()) << page.status();
      }
    });
  }
  AppendMany(kEntries - 1);
  for (size_t i = 2; i < threads.size(); ++i) threads[i].join();
  done = true;
  threads[0].join();
  threads[1].join();
  Maintain();
  ExpectAllThere(kEntries - 49, kEntries);
}

TEST_F(RetentionTest, TheLogStaysBoundedUnderReadersThatNeverPause) {
  ASSERT_TRUE(Open().ok());
  AppendMany(1);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      while (!done) {
        const auto entries = journal_->ReadAfter(journal_->range().newest - 1, 5, 10 << 20);
        EXPECT_TRUE(entries.ok()) << entries.status();
      }
    });
  }
  NewEntry entry = MakeEntry(1);
  entry.payload.assign(1 << 20, 'x');
  for (int i = 0; i < 80; ++i) {
    const auto sequence = journal_->Append(entry);
    EXPECT_TRUE(sequence.ok()) << sequence.status();
    const auto more = journal_->MaintainStep();
    EXPECT_TRUE(more.ok()) << more.status();
    // One entry more than the bound, and what SQLite writes beside it.
    EXPECT_LE(std::filesystem::file_size(options_.path + "-wal"),
              static_cast<uintmax_t>(kMaxLogBytes) + (2 << 20));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(journal_->range().newest, 81);
}

}  // namespace
}  // namespace atomstream
