#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/server/journal/faulty_disk.h"
#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

class DiskFullTest : public JournalTest {
 protected:
  ~DiskFullTest() override { journal_.reset(); }  // before the disk ends

  // Appends with the disk failing at every write or sync in turn, and again when it is well.
  void FailEverywhere(DiskFault fault, absl::StatusCode expected) {
    ASSERT_TRUE(Open().ok());
    const std::string epoch = journal_->epoch();
    int failures = 0;
    for (int64_t good = 0; good < 40; ++good) {
      SCOPED_TRACE(absl::StrCat("after ", good));
      disk_.FailAfter(good, fault);
      std::vector<NewEntry> batch;
      const int64_t next = journal_->next_sequence();
      for (int64_t i = 0; i < 3; ++i) batch.push_back(MakeEntry(next + i));
      const auto first = journal_->AppendBatch(batch);
      if (first.ok()) {
        EXPECT_EQ(*first, next);
      } else {
        EXPECT_EQ(first.status().code(), expected) << first.status();
        EXPECT_TRUE(disk_.failed());
        EXPECT_EQ(journal_->next_sequence(), next);
        // What was committed earlier can be read all the while.
        EXPECT_TRUE(next == 1 || journal_->Read(next - 1).ok());
        EXPECT_TRUE(absl::IsNotFound(journal_->Read(next).status()));
        ++failures;
      }
      disk_.Heal();
      // Half of the times by a new process.
      const absl::Status status = good % 2 == 1 ? Open() : absl::OkStatus();
      ASSERT_TRUE(status.ok()) << status;
      AppendMany(1);
    }
    EXPECT_GE(failures, fault == DiskFault::kSyncFails ? 1 : 10);
    ExpectAllThere(1, journal_->range().newest);
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(report_.damage, "");
    EXPECT_EQ(journal_->epoch(), epoch);
    ExpectAllThere(1, journal_->range().newest);
  }

  FaultyDisk disk_;
};

TEST_F(DiskFullTest, AnAppendThatFindsNoSpaceIsUndoneAndTheNextOneGoesOn) {
  FailEverywhere(DiskFault::kFull, absl::StatusCode::kResourceExhausted);
}

TEST_F(DiskFullTest, AnAppendThatCannotBeWrittenIsUndoneAndTheNextOneGoesOn) {
  FailEverywhere(DiskFault::kWriteFails, absl::StatusCode::kUnavailable);
}

TEST_F(DiskFullTest, AnAppendThatCannotBeSyncedIsUndoneAndTheNextOneGoesOn) {
  FailEverywhere(DiskFault::kSyncFails, absl::StatusCode::kUnavailable);
}

TEST_F(DiskFullTest, AFailureWhileTheLogIsEmptiedLosesNothing) {
  ASSERT_TRUE(Open().ok());
  int failures = 0;
  NewEntry large = MakeEntry(1);
  large.payload.assign(3 << 20, 'x');
  for (int64_t good = 700; good < 1700; good += 97) {
    disk_.Heal();
    AppendMany(1);
    // The second of these fills the log beyond the 1000 pages at which it is emptied.
    disk_.FailAfter(good * 2, DiskFault::kFull);
    for (int i = 0; i < 2; ++i) {
      const auto sequence = journal_->Append(large);
      EXPECT_TRUE(sequence.ok() || absl::IsResourceExhausted(sequence.status()));
    }
    failures += disk_.failed() ? 1 : 0;
  }
  disk_.Heal();
  EXPECT_GT(failures, 5);
  const int64_t newest = journal_->range().newest;
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.damage, "");
  EXPECT_EQ(journal_->range().newest, newest);
  EXPECT_EQ(journal_->ReadAfter(0, 1000, 1 << 30)->size(), static_cast<size_t>(newest));
}

TEST_F(DiskFullTest, AnOpeningThatFailsIsNoDamage) {
  int failures = 0;
  for (const DiskFault fault : {DiskFault::kFull, DiskFault::kWriteFails, DiskFault::kSyncFails}) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    // First it is made, then it is opened again.
    for (int64_t entries = 0; entries < 10; entries += 5) {
      for (int64_t good = 0; good < 40; ++good) {
        SCOPED_TRACE(absl::StrCat(good, " good, ", entries, " entries"));
        disk_.FailAfter(good, fault);
        const absl::Status status = Open();
        journal_.reset();
        disk_.Heal();
        EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status) || absl::IsUnavailable(status))
            << status;
        EXPECT_EQ(report_.damage, "");
        failures += status.ok() ? 0 : 1;
      }
      ASSERT_TRUE(Open().ok());
      EXPECT_EQ(report_.damage, "");
      ExpectAllThere(entries == 0 ? 0 : 1, entries);
      AppendMany(5);
    }
  }
  EXPECT_GT(failures, 20);
}

TEST_F(DiskFullTest, RetentionThatFailsIsUndoneAndTriedAgain) {
  options_.retention.max_entries = 10;
  ASSERT_TRUE(Open().ok());
  AppendMany(50);
  for (int64_t good = 0; good < 8; ++good) {
    disk_.FailAfter(good, DiskFault::kFull);
    const auto more = journal_->MaintainStep();
    disk_.Heal();
    EXPECT_TRUE(more.ok() || absl::IsResourceExhausted(more.status())) << more.status();
    ExpectAllThere(journal_->range().oldest, 50);
  }
  Maintain();
  ExpectAllThere(41, 50);
}

TEST_F(DiskFullTest, AFrameWhoseRowFindsNoSpaceIsNotKept) {
  options_.max_frame_bytes = 1 << 20;
  ASSERT_TRUE(Open().ok());
  disk_.FailAfter(0, DiskFault::kFull);
  EXPECT_TRUE(absl::IsResourceExhausted(journal_->KeepFrame("pixels", 1).status()));
  EXPECT_EQ(journal_->frame_totals().frames, 0);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(options_.path + ".frames")) {
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
  }
  disk_.Heal();
  const auto kept = journal_->KeepFrame("pixels", 1);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(*journal_->ReadFrame(*kept), "pixels");
}

// The same with the system's own bound on a file's size, so that errno comes from where it does.
TEST_F(JournalTest, AFileThatMayNotGrowIsADiskThatIsFull) {
  ASSERT_TRUE(Open().ok());
  AppendMany(10);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit limit = old_limit;
  limit.rlim_cur = 1'000'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  absl::Status status;
  int64_t appended = 10;
  for (int i = 0; i < 1000 && status.ok(); ++i) {
    status = journal_->Append(MakeEntry(appended + 1)).status();
    if (status.ok()) ++appended;
  }
  EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(absl::IsResourceExhausted(status) || absl::IsUnavailable(status)) << status;
  EXPECT_GT(appended, 20);
  ExpectAllThere(1, appended);
  AppendMany(20);
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(1, appended + 20);
}

}  // namespace
}  // namespace atomstream
