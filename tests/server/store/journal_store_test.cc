#include "server/store/journal_store.h"

#include <fstream>
#include <thread>

#include "server/store/store_keeper.h"
#include "tests/server/store/journal_store_fixture.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int64_t> Sequences(const std::vector<StoredResultPtr>& results) {
  std::vector<int64_t> sequences;
  for (const StoredResultPtr& result : results) sequences.push_back(result->position.sequence);
  return sequences;
}

TEST_F(JournalStoreTest, ResultsOutliveTheStore) {
  Open();
  const std::string epoch = store_->epoch();
  AppendMany(5);
  EXPECT_EQ(metrics_.commit_seconds->snapshot().count, 5u);
  Open();
  EXPECT_FALSE(report_.created);
  EXPECT_EQ(store_->epoch(), epoch);
  EXPECT_EQ(store_->range().oldest, 1);
  EXPECT_EQ(store_->range().newest, 5);
  ExpectAll(1, 5);
  AppendMany(1);
  ExpectAll(1, 6);
  const StoreStatus status = store_->status();
  EXPECT_TRUE(status.durable);
  EXPECT_TRUE(status.recording);
  EXPECT_EQ(status.last_error, "");
  EXPECT_GE(status.bytes, 6 * static_cast<int64_t>(kResultBytes));
  EXPECT_GT(status.disk_free_bytes, 0);
}

TEST_F(JournalStoreTest, ARestoredStoreServesItsResultsInANewEpoch) {
  Open();
  const std::string epoch = store_->epoch();
  AppendMany(5);
  store_.reset();
  const std::string backup = folder_ + "/backup";
  std::filesystem::copy(folder_ + "/new", backup, std::filesystem::copy_options::recursive);
  Open();
  AppendMany(3);
  store_.reset();
  std::filesystem::remove_all(folder_ + "/new");
  std::filesystem::rename(backup, folder_ + "/new");
  Open();
  EXPECT_NE(store_->epoch(), epoch);
  EXPECT_THAT(log_.text(), HasSubstr(absl::StrCat("W the store of results was restored or moved "
                                                  "(it is a copy): epoch ",
                                                  epoch,
                                                  " has ended, and a new one goes on behind "
                                                  "its result 5: ",
                                                  store_->epoch())));
  AppendMany(3);
  ExpectAll(1, 8, {}, 5);
  // By every way of reading.
  const auto page = store_->List({}, {});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->results.size(), 8u);
  for (const StoredResultPtr& result : page->results) {
    EXPECT_EQ(result->position.epoch, store_->epoch());
    EXPECT_EQ(result->encoded, (*store_->Get(result->position))->encoded);
  }
  EXPECT_EQ(store_->GetNewestOf("f3")->front()->encoded, page->results[2]->encoded);
  // A place in the old epoch means nothing in the new one, though its number is there.
  EXPECT_TRUE(absl::IsNotFound(store_->Get({epoch, 7}).status()));
  Open();
  EXPECT_EQ(report_.new_epoch_why, "");
  ExpectAll(1, 8, {}, 5);
}

TEST_F(JournalStoreTest, ALostResultIsLostInTheNewEpochToo) {
  Open();
  AppendMany(1);
  Fill();
  AppendMany(2);
  store_.reset();
  disk_.Heal();
  Open();
  KeepUp();
  ExpectAll(1, 3, {2, 3});
  store_.reset();
  std::filesystem::remove(options_.path + ".mark");
  Open();
  EXPECT_NE(report_.new_epoch_why, "");
  AppendMany(1);
  ExpectAll(1, 4, {2, 3}, 1);
}

TEST_F(JournalStoreTest, WhatIsReadAtTheLiveEndIsWhatWasAppended) {
  Open();
  const AppendedResult appended = *store_->Append(Record("f"));
  EXPECT_EQ(store_->ReadAfter(0, {})->front(), appended.stored);
  EXPECT_EQ(*store_->Get({store_->epoch(), 1}), appended.stored);
}

TEST_F(JournalStoreTest, AnswersAsAStoreDoesAboutWhatIsNotThere) {
  Open();
  EXPECT_TRUE(store_->ReadAfter(0, {})->empty());
  EXPECT_TRUE(absl::IsNotFound(store_->Get({store_->epoch(), 1}).status()));
  AppendMany(3);
  EXPECT_TRUE(absl::IsNotFound(store_->Get({store_->epoch(), 4}).status()));
  EXPECT_TRUE(absl::IsNotFound(store_->Get({"another", 1}).status()));
  EXPECT_TRUE(absl::IsNotFound(store_->GetNewestOf("f4").status()));
  EXPECT_TRUE(absl::IsOutOfRange(store_->ReadAfter(4, {}).status()));
  EXPECT_TRUE(store_->ReadAfter(3, {})->empty());
}

TEST_F(JournalStoreTest, KeepsToItsBoundsWhenItIsKeptUp) {
  options_.max_results = 10;
  Open();
  AppendMany(30);
  KeepUp();
  EXPECT_EQ(store_->range().oldest, 21);
  EXPECT_EQ(metrics_.results->value(), 10);
  ExpectAll(21, 30);
  EXPECT_TRUE(absl::IsNotFound(store_->Get({store_->epoch(), 20}).status()));
  const absl::Status status = store_->ReadAfter(19, {}).status();
  EXPECT_TRUE(absl::IsOutOfRange(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("kept are 21 to 30"));
}

TEST_F(JournalStoreTest, BoundsThatChangeAreKeptWithoutAReopening) {
  Open();
  AppendMany(30);
  KeepUp();
  ExpectAll(1, 30);
  options_.max_results = 10;
  store_->SetBounds(options_);
  KeepUp();
  ExpectAll(21, 30);
  options_.max_results = 1000;
  store_->SetBounds(options_);
  AppendMany(30);
  KeepUp();
  ExpectAll(21, 60);
}

TEST_F(JournalStoreTest, TheNewestAnalysisOfAFrameHasOneResultADetector) {
  Open();
  const auto append = [this](DetectorKind kind, int64_t other) {
    FrameRecord record = Record("f", kind);
    for (const DetectorKind each : kDetectorKinds) {
      record.summary.push_back({each, DetectorState::kDone, "", each == kind ? 0 : other});
    }
    ASSERT_TRUE(store_->Append(std::move(record)).ok());
  };
  append(DetectorKind::kLogStar, 0);
  append(DetectorKind::kUnet, 1);
  EXPECT_THAT(Sequences(*store_->GetNewestOf("f")), ElementsAre(1, 2));
  append(DetectorKind::kLogStar, 2);
  EXPECT_THAT(Sequences(*store_->GetNewestOf("f")), ElementsAre(2, 3));
  // The same while the newest waits to be written, and afterwards.
  Fill();
  append(DetectorKind::kLogStar, 2);
  EXPECT_EQ(store_->status().results_waiting, 1);
  EXPECT_THAT(Sequences(*store_->GetNewestOf("f")), ElementsAre(2, 4));
  disk_.Heal();
  KeepUp();
  EXPECT_THAT(Sequences(*store_->GetNewestOf("f")), ElementsAre(2, 4));
}

TEST_F(JournalStoreTest, ListsAndCountsOnDiskAndInMemoryAlike) {
  Open();
  for (int i = 1; i <= 12; ++i) {
    if (i == 8) Fill();
    const auto kind = i % 3 == 0 ? DetectorKind::kUnet : DetectorKind::kLogStar;
    ASSERT_TRUE(store_->Append(Record("f", kind)).ok());
  }
  EntryFilter unet;
  unet.detector = "unet";
  const auto pages = [&](EntryOrder order, const EntryFilter& filter, int max_entries) {
    std::vector<int64_t> listed;
    PageRequest request{.order = order, .max_entries = max_entries};
    do {
      const ResultPage page = *store_->List(filter, request);
      EXPECT_LE(page.results.size(), static_cast<size_t>(max_entries));
      for (const int64_t sequence : Sequences(page.results)) listed.push_back(sequence);
      request.cursor = page.cursor;
    } while (request.cursor != 0);
    return listed;
  };
  for (const bool full : {true, false}) {
    if (!full) {
      disk_.Heal();
      KeepUp();
    }
    EXPECT_EQ(store_->status().results_waiting, full ? 5 : 0);
    for (int max_entries = 1; max_entries <= 13; ++max_entries) {
      SCOPED_TRACE(max_entries);
      EXPECT_THAT(pages(EntryOrder::kOldestFirst, {}, max_entries),
                  ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
      EXPECT_THAT(pages(EntryOrder::kNewestFirst, {}, max_entries),
                  ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
      EXPECT_THAT(pages(EntryOrder::kOldestFirst, unet, max_entries), ElementsAre(3, 6, 9, 12));
      EXPECT_THAT(pages(EntryOrder::kNewestFirst, unet, max_entries), ElementsAre(12, 9, 6, 3));
    }
    EXPECT_EQ(*store_->Count(1, 12, DetectorSet::All()), 12);
    EXPECT_EQ(*store_->Count(2, 100, {DetectorKind::kUnet}), 4);
    EXPECT_EQ(*store_->Count(4, 11, {DetectorKind::kLogStar}), 6);
    EXPECT_EQ(*store_->Count(8, 9, {DetectorKind::kUnet}), 1);
    EXPECT_EQ(*store_->Count(9, 8, {DetectorKind::kUnet}), 0);
  }
}

TEST_F(JournalStoreTest, ADamagedStoreIsMovedAsideAndOnlyTheNewestOfTheseStay) {
  std::vector<std::string> moved;
  std::string epoch;
  for (int i = 0; i < 6; ++i) {
    Open();
    EXPECT_NE(store_->epoch(), epoch);
    epoch = store_->epoch();
    if (i > 0) {
      EXPECT_FALSE(report_.moved_to.empty());
      EXPECT_EQ(store_->status().moved_aside, report_.moved_to);
      EXPECT_THAT(log_.text(), HasSubstr("W THE STORE OF RESULTS WAS DAMAGED"));
      EXPECT_THAT(log_.text(), HasSubstr(report_.moved_to));
      moved.push_back(report_.moved_to);
    }
    AppendMany(3);
    store_.reset();
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file << "damage";
    file.close();
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_EQ(metrics_.damaged->value(), 5);
  ASSERT_EQ(moved.size(), 5u);
  for (size_t i = 0; i < moved.size(); ++i) {
    EXPECT_EQ(std::filesystem::exists(moved[i]), i >= 2) << moved[i];
    EXPECT_EQ(std::filesystem::exists(moved[i] + ".mark"), i >= 2) << moved[i];
  }
}

TEST_F(JournalStoreTest, WhatCannotBeOpenedNamesTheField) {
  std::ofstream(folder_) << "a file where the folder should be";
  options_.path = folder_ + "/results.sqlite";
  const absl::Status status = OpenJournal(options_, &clock_, &steady_clock_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("history.path = "));
}

TEST_F(JournalStoreTest, AResultThatIsDamagedOnTheDiskIsReadAsLost) {
  Open();
  // More than memory keeps.
  AppendMany(2000);
  store_->journal();
  const std::string needle = WireForm("f100", 100).substr(0, 40);
  std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const size_t place = bytes.find(needle);
  ASSERT_NE(place, std::string::npos);
  file.clear();
  file.seekp(static_cast<std::streamoff>(place));
  file << "X";
  file.close();
  EXPECT_TRUE(absl::IsDataLoss(store_->Get({store_->epoch(), 100}).status()));
  ExpectAll(1, 2000, {100});
}

TEST(StoreKeeperTest, WorksUntilThereIsNothingToDoThenRests) {
  RealWait wait;
  Mutex mutex;
  CondVar changed;
  int pieces = 0;
  StoreKeeper keeper(
      [&] {
        MutexLock lock(&mutex);
        ++pieces;
        changed.NotifyAll();
        return pieces < 5;
      },
      &wait);
  keeper.Start();
  {
    MutexLock lock(&mutex);
    while (pieces < 5) changed.Wait(&mutex);
  }
  keeper.Stop();  // although it rests
  keeper.Stop();
  MutexLock lock(&mutex);
  EXPECT_EQ(pieces, 5);
}

}  // namespace
}  // namespace atomstream
