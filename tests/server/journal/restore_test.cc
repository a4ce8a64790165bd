// What happens to a journal whose files were put back from a backup: numbers that were given out
// after the backup was made never come again in the same epoch.
#include <filesystem>
#include <string>
#include <vector>

#include "server/journal/epochs.h"
#include "server/journal/sqlite.h"
#include "tests/server/journal/restore_fixture.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(RestoreTest, ARestartGoesOnInItsEpoch) {
  ASSERT_TRUE(Open().ok());
  const std::string epoch = journal_->epoch();
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(Open().ok());
    ExpectSameEpoch(epoch);
    AppendMany(3);
    ASSERT_TRUE(Open().ok());
    ExpectSameEpoch(epoch);
    EXPECT_EQ(journal_->last_of_earlier_epochs(), 0);
    ExpectAllThere(1, i * 3);
  }
}

TEST_F(RestoreTest, ANewNameIsNoNewEpoch) {
  MakeBackup(5);
  const std::string other = folder_ + "/other";
  for (const auto& file : fs::directory_iterator(folder_)) {
    const std::string name = file.path().string();
    fs::rename(name, other + name.substr(options_.path.size()));
  }
  options_.path = other;
  ASSERT_TRUE(Open().ok());
  ExpectSameEpoch(epoch_);
  ExpectAllThere(1, 5);
}

TEST_F(RestoreTest, ACopyInItsPlaceGoesOnInANewEpochWithTheEntriesThatItHas) {
  MakeBackup(5);
  ASSERT_TRUE(Open().ok());
  AppendMany(4);
  Restore();
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(epoch_, 5);
  EXPECT_EQ(report_.new_epoch_why, "it is a copy");
  const std::string epoch = journal_->epoch();
  // What comes behind is numbered on, and all is found by every way of reading.
  AppendMany(6);
  ExpectAllThere(1, 11);
  ASSERT_TRUE(Open().ok());
  ExpectSameEpoch(epoch);
  EXPECT_EQ(journal_->last_of_earlier_epochs(), 5);
  ExpectAllThere(1, 11);
  const auto behind = journal_->ReadAfter(2, 100, 1 << 20);
  ASSERT_TRUE(behind.ok()) << behind.status();
  EXPECT_EQ(behind->size(), 9u);
  const auto page = journal_->List({}, {});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 11u);
  EXPECT_TRUE(page->damaged.empty());
  EXPECT_EQ(journal_->NewestOf("frame-2")->sequence, 5);
  EXPECT_EQ(*journal_->Count(1, 11, "unet"), 6);
}

TEST_F(RestoreTest, ACopyOfAJournalThatWasKilledBeginsANewEpoch) {
  ASSERT_TRUE(Open().ok());
  epoch_ = journal_->epoch();
  AppendMany(5);
  fs::copy(folder_, backup_, fs::copy_options::recursive);  // as a snapshot would: with its log
  ASSERT_TRUE(fs::file_size(backup_ + "/journal-wal") > 0);
  AppendMany(3);
  Restore();
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(epoch_, 5);
}

TEST_F(RestoreTest, WithoutItsMarkAJournalBeginsANewEpoch) {
  MakeBackup(5);
  ASSERT_TRUE(Open().ok());
  AppendMany(4);
  RestoreInPlace();
  // The same files: nothing in them tells that they were further.
  ASSERT_TRUE(fs::remove(MarkFile()));
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(epoch_, 5);
  EXPECT_EQ(report_.new_epoch_why, "its mark is missing");
  const std::string epoch = journal_->epoch();
  ASSERT_TRUE(Open().ok());
  ExpectSameEpoch(epoch);
}

TEST_F(RestoreTest, EveryRestoreEndsAnEpoch) {
  std::vector<std::string> epochs;
  for (int i = 0; i < 4; ++i) {
    MakeBackup(5);
    epochs.push_back(epoch_);
    ASSERT_TRUE(Open().ok());
    AppendMany(2);
    Restore();
    ASSERT_TRUE(Open().ok());
    ExpectNewEpoch(epoch_, 5 * (i + 1));
    epochs.push_back(journal_->epoch());
    ASSERT_TRUE(Open().ok());
    ExpectSameEpoch(epochs.back());
    ASSERT_EQ(journal_->range().newest, 5 * (i + 1));
  }
  // That of each backup is the one that the restore before it began.
  EXPECT_EQ(std::vector<std::string>(epochs.begin() + 1, epochs.begin() + 3),
            std::vector<std::string>(2, epochs[1]));
  AppendMany(1);
  ExpectAllThere(1, 21);
}

TEST_F(RestoreTest, EpochsInWhichNothingWasAppendedLeaveNoTrace) {
  MakeBackup(5);
  for (int i = 0; i < 3; ++i) {
    const std::string ended = i == 0 ? epoch_ : journal_->epoch();
    journal_.reset();
    fs::remove(MarkFile());
    ASSERT_TRUE(Open().ok());
    ExpectNewEpoch(ended, 5);
  }
  journal_.reset();
  const auto database = Database::Open(options_.path, Database::Mode::kRead);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(*(*database)->QueryInt("SELECT count(*) FROM earlier_epoch"), 1);
  EXPECT_EQ(*(*database)->QueryText("SELECT epoch FROM earlier_epoch"), epoch_);
}

TEST_F(RestoreTest, AnEmptyCopyBeginsANewEpochToo) {
  MakeBackup(0);
  ASSERT_TRUE(Open().ok());
  AppendMany(4);
  Restore();
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(epoch_, 0);
  AppendMany(2);
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(1, 2);
}

TEST_F(RestoreTest, AnEpochOfWhichNothingIsKeptIsForgottenByTheNextRestore) {
  MakeBackup(5);
  Restore();
  ASSERT_TRUE(Open().ok());
  AppendMany(5);
  options_.retention.max_entries = 3;
  ASSERT_TRUE(Open().ok());
  Maintain();
  ExpectAllThere(8, 10);
  EXPECT_EQ(journal_->last_of_earlier_epochs(), 5);
  journal_.reset();
  fs::remove(MarkFile());
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(8, 10);
  EXPECT_EQ(journal_->last_of_earlier_epochs(), 10);
  journal_.reset();
  const auto database = Database::Open(options_.path, Database::Mode::kRead);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(*(*database)->QueryInt("SELECT count(*) FROM earlier_epoch"), 1);
}

TEST_F(RestoreTest, NumbersThatWereNotedInTheEarlierEpochAreNotGivenInTheNewOne) {
  MakeBackup(5);
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(journal_->NoteGiven(8).ok());
  CopyToBackup();
  Restore();
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(epoch_, 5);
}

TEST_F(RestoreTest, KeptFramesAreThereAfterARestore) {
  options_.max_frame_bytes = 1 << 20;
  ASSERT_TRUE(Open().ok());
  NewEntry entry = MakeEntry(1);
  entry.key.frame_sha256 = journal_->KeepFrame("pixels", 1).value();
  ASSERT_TRUE(journal_->Append(entry).ok());
  MakeBackup(0);
  Restore();
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(journal_->epoch(), epoch_);
  EXPECT_EQ(journal_->ReadFrame(journal_->Read(1)->key.frame_sha256).value(), "pixels");
}

TEST_F(RestoreTest, AnEntryIsNotServedAsOneOfAnotherEpoch) {
  MakeBackup(5);
  Restore();
  ASSERT_TRUE(Open().ok());
  AppendMany(1);
  journal_.reset();
  const auto database = Database::Open(options_.path, Database::Mode::kWrite);
  ASSERT_TRUE((*database)->Execute("UPDATE earlier_epoch SET epoch = 'another'").ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(report_.damage, HasSubstr("entry 1 does not fit its checksum"));
}

TEST_F(RestoreTest, AJournalThatEndsBeforeItsEarlierEpochIsDamaged) {
  MakeBackup(5);
  Restore();
  ASSERT_TRUE(Open().ok());
  journal_.reset();
  const auto database = Database::Open(options_.path, Database::Mode::kWrite);
  ASSERT_TRUE((*database)->Execute("DELETE FROM entry WHERE sequence > 3").ok());
  ASSERT_TRUE((*database)->Execute("DELETE FROM payload WHERE sequence > 3").ok());
  fs::remove(MarkFile());
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(report_.damage, HasSubstr("ends with entry 3, but 5 is of an earlier epoch"));
}

TEST(FileIdentityTest, BirthsCountWhereBothAreKnown) {
  const FileIdentity file{.inode = 7, .birth_ns = 100};
  EXPECT_TRUE(IsSameFile(file, file));
  EXPECT_TRUE(IsSameFile(file, {.inode = 7, .birth_ns = 0}));
  EXPECT_TRUE(IsSameFile({.inode = 7, .birth_ns = 0}, file));
  EXPECT_FALSE(IsSameFile(file, {.inode = 7, .birth_ns = 101}));
  EXPECT_FALSE(IsSameFile(file, {.inode = 8, .birth_ns = 100}));
}

TEST(EpochsTest, TellOfEveryEntryInWhichItWasAppended) {
  const Epochs one("a", {});
  EXPECT_EQ(one.last_earlier(), 0);
  EXPECT_EQ(one.Of(1), "a");
  const Epochs three("c", {{5, "a"}, {9, "b"}});
  EXPECT_EQ(three.last_earlier(), 9);
  const std::string expected = "aaaaabbbbcc";
  for (int64_t sequence = 1; sequence <= 11; ++sequence) {
    EXPECT_EQ(three.Of(sequence), std::string(1, expected[static_cast<size_t>(sequence - 1)]));
  }
}

}  // namespace
}  // namespace atomstream
