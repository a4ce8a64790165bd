// RestoreTest: a journal of which a backup is made and put back.
#ifndef ATOMSTREAM_TESTS_SERVER_JOURNAL_RESTORE_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_JOURNAL_RESTORE_FIXTURE_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/server/journal/journal_fixture.h"

namespace atomstream {

class RestoreTest : public JournalTest {
 protected:
  ~RestoreTest() override { std::filesystem::remove_all(backup_); }

  // A journal with this many entries, of which a copy was made.
  void MakeBackup(int entries) {
    ASSERT_TRUE(Open().ok());
    AppendMany(entries);
    epoch_ = journal_->epoch();
    CopyToBackup();
  }

  // As the journal is now; it is closed for it. The backup before goes.
  void CopyToBackup() {
    journal_.reset();
    std::filesystem::remove_all(backup_);
    std::filesystem::copy(folder_, backup_, std::filesystem::copy_options::recursive);
  }

  void Restore() {
    journal_.reset();
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(backup_, folder_, std::filesystem::copy_options::recursive);
  }

  // Into the files that are there, so that they stay the same ones.
  void RestoreInPlace() {
    journal_.reset();
    for (const auto& file : std::filesystem::directory_iterator(backup_)) {
      const std::string name = file.path().filename().string();
      if (file.is_regular_file()) WriteBytes(folder_ + "/" + name, ReadBytes(file.path().string()));
    }
  }

  void ExpectNewEpoch(const std::string& ended, int64_t newest) {
    EXPECT_EQ(report_.damage, "");
    EXPECT_FALSE(report_.created);
    EXPECT_NE(report_.new_epoch_why, "");
    EXPECT_EQ(report_.ended_epoch, ended);
    EXPECT_NE(journal_->epoch(), ended);
    EXPECT_EQ(journal_->last_of_earlier_epochs(), newest);
    EXPECT_EQ(journal_->highest_given(), newest);
    ExpectAllThere(newest == 0 ? 0 : 1, newest);
  }

  void ExpectSameEpoch(const std::string& epoch) {
    EXPECT_EQ(report_.damage, "");
    EXPECT_EQ(report_.new_epoch_why, "");
    EXPECT_EQ(report_.ended_epoch, "");
    EXPECT_EQ(journal_->epoch(), epoch);
  }

  std::string MarkFile() const { return options_.path + ".mark"; }

  const std::string backup_ = folder_ + "-backup";
  std::string epoch_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_JOURNAL_RESTORE_FIXTURE_H_
