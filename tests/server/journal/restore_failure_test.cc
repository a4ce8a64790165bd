// A new epoch that is interrupted, and marks that cannot be read or are of earlier versions.
#include <filesystem>
#include <optional>
#include <string>

#include "server/journal/mark.h"
#include "server/journal/sqlite.h"
#include "tests/server/journal/faulty_disk.h"
#include "tests/server/journal/legacy_mark.h"
#include "tests/server/journal/restore_fixture.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using RestoreFailureTest = RestoreTest;

// The mark is the last that is written.
TEST_F(RestoreFailureTest, ACrashBeforeTheNewMarkEndsInAnotherNewEpoch) {
  MakeBackup(5);
  Restore();
  const std::string old_mark = ReadBytes(MarkFile());
  ASSERT_TRUE(Open().ok());
  const std::string unseen = journal_->epoch();
  journal_.reset();
  fs::remove(MarkFile());
  WriteBytes(MarkFile(), old_mark);
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(unseen, 5);
  EXPECT_NE(journal_->epoch(), epoch_);
  EXPECT_EQ(report_.new_epoch_why, "its mark is of epoch " + epoch_);
  AppendMany(2);
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(1, 7);
}

TEST_F(RestoreFailureTest, AMarkThatCannotBeReplacedEndsNothing) {
  MakeBackup(5);
  Restore();
  fs::create_directories(MarkFile() + ".part/in the way");
  EXPECT_TRUE(absl::IsUnavailable(Open()));
  fs::remove_all(MarkFile() + ".part");
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(journal_->epoch(), epoch_);
  ExpectAllThere(1, 5);
}

TEST_F(RestoreFailureTest, AMarkThatTheDiskDoesNotGiveIsNoReasonForANewEpoch) {
  MakeBackup(5);
  const std::string mark = ReadBytes(MarkFile());
  fs::remove(MarkFile());
  fs::create_directory(MarkFile());  // it can be opened, but not read
  EXPECT_TRUE(absl::IsUnavailable(Open()));
  fs::remove(MarkFile());
  WriteBytes(MarkFile(), mark);
  ASSERT_TRUE(Open().ok());
  ExpectSameEpoch(epoch_);
}

class RestoreOnFaultyDiskTest : public RestoreTest {
 protected:
  ~RestoreOnFaultyDiskTest() override { journal_.reset(); }  // before the disk ends

  void FailEverywhere(DiskFault fault) {
    MakeBackup(5);
    int failures = 0;
    for (int64_t good = 0; good < 40; ++good) {
      SCOPED_TRACE(absl::StrCat("after ", good));
      Restore();
      disk_.FailAfter(good, fault);
      const absl::Status status = Open();
      const bool failed = disk_.failed();
      disk_.Heal();
      if (!status.ok()) {
        EXPECT_TRUE(failed) << status;
        EXPECT_EQ(report_.moved_to, "");
        ++failures;
        ASSERT_TRUE(Open().ok());
      }
      EXPECT_EQ(report_.damage, "");
      EXPECT_NE(journal_->epoch(), epoch_);
      ExpectAllThere(1, 5);
      AppendMany(1);
      const std::string epoch = journal_->epoch();
      ASSERT_TRUE(Open().ok());
      ExpectSameEpoch(epoch);
      ExpectAllThere(1, 6);
      if (!failed) break;
    }
    EXPECT_GE(failures, 1);
  }

  FaultyDisk disk_;
};

TEST_F(RestoreOnFaultyDiskTest, AFullDiskLeavesNothingBetween) { FailEverywhere(DiskFault::kFull); }

TEST_F(RestoreOnFaultyDiskTest, WritesThatFailLeaveNothingBetween) {
  FailEverywhere(DiskFault::kWriteFails);
}

TEST_F(RestoreOnFaultyDiskTest, SyncsThatFailLeaveNothingBetween) {
  FailEverywhere(DiskFault::kSyncFails);
}

// What version 2 wrote: no earlier epochs, and a mark that names no file.
class EarlierVersionTest : public RestoreTest {
 protected:
  void MakeVersion2(int entries, int64_t given) {
    MakeBackup(entries);
    const auto database = Database::Open(options_.path, Database::Mode::kWrite);
    ASSERT_TRUE((*database)->Execute("DROP TABLE earlier_epoch; PRAGMA user_version = 2").ok());
    fs::remove(MarkFile());
    WriteBytes(MarkFile(), LegacyMark(epoch_, entries, given));
  }
};

TEST_F(EarlierVersionTest, AStoreOfVersion2GoesOnInItsEpoch) {
  MakeVersion2(5, 5);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.migrated_from, 2);
  ExpectSameEpoch(epoch_);
  ExpectAllThere(1, 5);
  AppendMany(1);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.migrated_from, 0);
  ExpectSameEpoch(epoch_);
  ExpectAllThere(1, 6);
}

TEST_F(EarlierVersionTest, ItsMarkIsKeptAndNamesTheFileFromThenOn) {
  MakeVersion2(5, 8);
  EXPECT_EQ(Mark::Read(MarkFile())->file, std::nullopt);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(journal_->highest_given(), 8);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(journal_->highest_given(), 8);
  ASSERT_TRUE(Mark::Read(MarkFile())->file.has_value());
  CopyToBackup();
  Restore();
  ASSERT_TRUE(Open().ok());
  ExpectNewEpoch(epoch_, 5);
}

TEST_F(EarlierVersionTest, ItsMarkStillTellsThatEntriesAreMissing) {
  MakeVersion2(5, 5);
  WriteBytes(MarkFile(), LegacyMark(epoch_, 7, 7));
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(report_.damage, HasSubstr("ends with entry 5, but 7 had been acknowledged"));
}

}  // namespace
}  // namespace atomstream
