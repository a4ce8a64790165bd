// Copies of a journal that are cut or changed at random places: each is found out or does no harm.
#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "server/journal/sqlite.h"
#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

constexpr int64_t kInFile = 60;
constexpr int64_t kEntries = 110;  // the rest is in the write-ahead log

const char* const kSuffixes[] = {"", "-wal", "-shm", ".mark"};

class DamageTest : public JournalTest {
 protected:
  // Copies of the files of a journal at work.
  void SetUp() override {
    ASSERT_TRUE(Open().ok());
    std::vector<NewEntry> entries;
    for (int64_t i = 1; i <= kInFile; ++i) entries.push_back(MakeEntry(i));
    ASSERT_TRUE(journal_->AppendBatch(entries).ok());
    ASSERT_TRUE(Open().ok());  // closing it brings the log into the file
    AppendMany(static_cast<int>(kEntries - kInFile));
    for (const char* suffix : kSuffixes) good_.push_back(ReadBytes(options_.path + suffix));
    for (const std::string& bytes : good_) ASSERT_FALSE(bytes.empty());
    journal_.reset();
  }

  void Place(const std::vector<std::string>& files) {
    journal_.reset();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    for (size_t i = 0; i < files.size(); ++i) WriteBytes(options_.path + kSuffixes[i], files[i]);
  }

  // Everything that is served is right. Returns how many entries are not.
  int CheckServed(bool lists_are_whole = true) {
    int lost = 0;
    for (int64_t sequence = 1; sequence <= kEntries; ++sequence) {
      const auto entry = journal_->Read(sequence);
      if (entry.ok()) {
        EXPECT_TRUE(IsEntry(*entry, sequence));
      } else {
        EXPECT_TRUE(absl::IsDataLoss(entry.status())) << entry.status();
        ++lost;
      }
    }
    EntryFilter filter;
    filter.detector = "unet";
    const auto page = journal_->List(filter, {.max_entries = 1000});
    if (page.ok()) {
      if (lists_are_whole) {
        EXPECT_EQ(page->entries.size() + page->damaged.size(), kEntries / 2u);
      }
      for (const Entry& entry : page->entries) EXPECT_TRUE(IsEntry(entry, entry.sequence));
    } else {
      EXPECT_TRUE(absl::IsDataLoss(page.status())) << page.status();
    }
    return lost;
  }

  std::vector<std::string> good_;  // by suffix
};

// Changes one of the files, and says what it did.
std::string Damage(std::mt19937& random, std::vector<std::string>& files) {
  const size_t chosen = random() % 20;
  const size_t file = chosen < 9 ? 0 : chosen < 18 ? 1 : chosen - 16;
  std::string& bytes = files[file];
  const size_t place = random() % bytes.size();
  switch (random() % 3) {
    case 0:
      bytes.resize(place);
      return absl::StrCat("file ", file, " cut to ", place);
    case 1:
      bytes[place] ^= static_cast<char>(1 << random() % 8);
      return absl::StrCat("file ", file, " has a bit changed in ", place);
    default: {
      const size_t end = std::min(bytes.size(), place + 1 + random() % 5000);
      for (size_t i = place; i < end; ++i) bytes[i] = static_cast<char>(random());
      return absl::StrCat("file ", file, " is noise from ", place, " to ", end);
    }
  }
}

TEST_F(DamageTest, AWholeCopyIsServed) {
  Place(good_);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.damage, "");
  ExpectAllThere(1, kEntries);
  EXPECT_EQ(CheckServed(), 0);
}

TEST_F(DamageTest, DamageIsFoundOutOrDoesNoHarmInTwoHundredCases) {
  std::mt19937 random(20261123);
  int moved_aside = 0;
  int harmless = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::string> files = good_;
    const std::string what = Damage(random, files);
    SCOPED_TRACE(absl::StrCat("case ", i, ": ", what));
    Place(files);
    const absl::Status status = Open();
    ASSERT_TRUE(status.ok()) << status;
    if (!report_.moved_to.empty()) {
      EXPECT_NE(report_.damage, "");
      EXPECT_TRUE(report_.created);
      EXPECT_EQ(journal_->range().newest, 0);
      ++moved_aside;
      continue;
    }
    EXPECT_EQ(journal_->range().newest, kEntries);
    EXPECT_EQ(CheckServed(), 0);
    ++harmless;
  }
  // Of the log's pages some have a newer version behind them; none may be lost before its end.
  EXPECT_GT(moved_aside, 100);
  EXPECT_GT(harmless, 5);
}

TEST_F(DamageTest, DamageUnderARunningJournalIsNeverServed) {
  std::mt19937 random(4711);
  int found = 0;
  for (int i = 0; i < 60; ++i) {
    // In the log a damaged page of an index may hide entries from a list, until the next start; in
    // the file it may not.
    const bool in_log = i % 2 == 1;
    Place(good_);
    ASSERT_TRUE(Open().ok());
    // Readers have seen nothing yet; what the writer has seen does not matter to them.
    const std::string path = options_.path + (in_log ? "-wal" : "");
    std::string bytes = ReadBytes(path);
    for (int k = 0; k < 20; ++k) bytes[random() % bytes.size()] ^= static_cast<char>(1 << k % 8);
    WriteBytes(path, bytes);
    found += CheckServed(!in_log) > 0 ? 1 : 0;
    journal_.reset();
  }
  EXPECT_GT(found, 20);
}

// Changes that SQLite itself has made, so that every page fits its checksum.
TEST_F(DamageTest, ARowThatWasChangedIsNeverServed) {
  const char* const changes[] = {
      "UPDATE entry SET atom_count = atom_count + 1 WHERE sequence = 20",
      "UPDATE entry SET f1 = 0.999 WHERE sequence = 20",
      "UPDATE entry SET frame_id = 'frame-11' WHERE sequence = 20",
      "UPDATE entry SET acquisition_time_ns = acquisition_time_ns + 1 WHERE sequence = 20",
      "UPDATE entry SET checksum = zeroblob(16) WHERE sequence = 20",
      "UPDATE payload SET bytes = (SELECT bytes FROM payload WHERE sequence = 21) "
      "WHERE sequence = 20",
      "UPDATE payload SET bytes = x'' WHERE sequence = 20",
      "DELETE FROM payload WHERE sequence = 20",
      // Two entries change places.
      "UPDATE entry SET sequence = 2000 WHERE sequence = 20; "
      "UPDATE entry SET sequence = 20 WHERE sequence = 22; "
      "UPDATE entry SET sequence = 22 WHERE sequence = 2000"};
  for (const char* change : changes) {
    SCOPED_TRACE(change);
    Place(good_);
    {
      auto database = Database::Open(options_.path, Database::Mode::kWrite);
      ASSERT_TRUE(database.ok() && (*database)->Execute(change).ok());
    }
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(report_.damage, "");
    EXPECT_TRUE(absl::IsDataLoss(journal_->Read(20).status()));
    EXPECT_GE(CheckServed(), 1);
    EXPECT_THAT(journal_->List({}, {})->damaged, testing::Contains(20));
  }
}

TEST_F(DamageTest, EntriesOfAnotherEpochAreNeverServed) {
  Place(good_);
  {
    auto database = Database::Open(options_.path, Database::Mode::kWrite);
    ASSERT_TRUE(database.ok() && (*database)->Execute("UPDATE property SET value = 'x'").ok());
  }
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(report_.moved_to, "");
}

}  // namespace
}  // namespace atomstream
