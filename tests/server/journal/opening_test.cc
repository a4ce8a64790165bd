#include "server/journal/opening.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "server/journal/hash.h"
#include "server/journal/page_check.h"
#include "server/journal/schema.h"
#include "server/journal/sqlite.h"
#include "tests/server/journal/journal_fixture.h"
#include "tests/server/journal/legacy_mark.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What version 1 wrote; never to be changed.
constexpr char kVersion1[] = R"sql(
PRAGMA page_size = 4096;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1098140270;
CREATE TABLE property(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry(
  sequence INTEGER PRIMARY KEY, frame_id TEXT NOT NULL, frame_number INTEGER NOT NULL,
  acquisition_time_ns INTEGER NOT NULL, result_time_ns INTEGER NOT NULL, detector TEXT NOT NULL,
  origin TEXT NOT NULL, material TEXT NOT NULL, ok INTEGER NOT NULL, atom_count INTEGER NOT NULL,
  qc REAL, er REAL, analysis_start INTEGER NOT NULL, bytes INTEGER NOT NULL,
  total_bytes INTEGER NOT NULL, payload_sha256 BLOB NOT NULL, checksum BLOB NOT NULL);
CREATE INDEX entry_by_frame ON entry(frame_id);
CREATE INDEX entry_by_time ON entry(acquisition_time_ns);
CREATE INDEX entry_by_detector ON entry(detector);
CREATE INDEX entry_by_material ON entry(material);
CREATE TABLE payload(sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
INSERT INTO property VALUES('epoch', 'epoch-of-version-1');
PRAGMA user_version = 1;
)sql";

class OpeningTest : public JournalTest {
 protected:
  std::unique_ptr<Database> OpenDatabase(Database::Mode mode) {
    auto database = Database::Open(options_.path, mode);
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }

  // Entry 1 as version 1 wrote it.
  void WriteVersion1() {
    const auto database = OpenDatabase(Database::Mode::kCreate);
    ASSERT_TRUE(database->Execute(kVersion1).ok());
    const std::string payload = "what was found";
    const std::string payload_sha256 = Sha256(payload).value();
    FieldBytes fields;
    fields.AddText('e', "epoch-of-version-1").Add('s', 1).AddText('i', "frame-a").Add('n', 7);
    fields.Add('a', 1'000).Add('r', 2'000).AddText('d', "log_star").AddText('o', "source");
    fields.AddText('m', "graphene").Add('k', 1).Add('c', 250).Add('g', 0).Add('b', 44);
    fields.Add('t', 44).AddText('p', payload_sha256).AddReal('q', 0.25);
    const std::string checksum = Sha256(fields.bytes())->substr(0, 16);
    Query entry(database.get(),
                "INSERT INTO entry VALUES(1, 'frame-a', 7, 1000, 2000, 'log_star', 'source', "
                "'graphene', 1, 250, 0.25, NULL, 0, 44, 44, ?, ?)");
    ASSERT_TRUE(entry.BindBlob(payload_sha256).BindBlob(checksum).Run().ok());
    Query insert(database.get(), "INSERT INTO payload VALUES(1, ?)");
    ASSERT_TRUE(insert.BindBlob(payload).Run().ok());
    WriteBytes(options_.path + ".mark", LegacyMark("epoch-of-version-1", 1, 1));
  }

  // The journal was set aside under a dated name and begins anew.
  void ExpectMovedAside(const std::string& damage) {
    EXPECT_THAT(report_.damage, HasSubstr(damage));
    EXPECT_TRUE(report_.created);
    EXPECT_THAT(report_.moved_to,
                StartsWith(options_.path + ".damaged-20231114T221320Z"));  // FakeClock's time
    EXPECT_EQ(journal_->range().newest, 0);
    AppendMany(2);
    ExpectAllThere(1, 2);
  }
};

TEST_F(OpeningTest, AFileOfVersion1IsBroughtToTheNewestVersion) {
  WriteVersion1();
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.migrated_from, 1);
  EXPECT_FALSE(report_.created);
  EXPECT_EQ(journal_->epoch(), "epoch-of-version-1");
  const auto old = journal_->Read(1);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(old->payload, "what was found");
  EXPECT_EQ(old->key.atom_count, 250);
  EXPECT_EQ(old->key.qc, 0.25);
  EXPECT_EQ(old->key.f1, std::nullopt);
  AppendMany(1);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.migrated_from, 0);
  EXPECT_TRUE(IsEntry(*journal_->Read(2), 2));
  // The one that was written when there was no F1 does not meet a bound on it.
  EntryFilter filter;
  filter.max_qc = 0.25;
  EXPECT_EQ(journal_->List(filter, {})->entries.size(), 1u);
  filter.min_f1 = 0;
  EXPECT_EQ(journal_->List(filter, {})->entries.size(), 0u);
}

TEST_F(OpeningTest, AFileOfANewerVersionIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(Open().ok());
  AppendMany(1);
  journal_.reset();
  ASSERT_TRUE(OpenDatabase(Database::Mode::kWrite)->Execute("PRAGMA user_version = 99").ok());
  const absl::Status status = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("schema version 99, this program knows"));
  ASSERT_TRUE(OpenDatabase(Database::Mode::kWrite)
                  ->Execute(absl::StrCat("PRAGMA user_version = ", kJournalSchemaVersion))
                  .ok());
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(1, 1);
}

TEST_F(OpeningTest, AFileThatIsNoJournalIsRefusedAndLeftAsItIs) {
  for (const std::string& text : {std::string("a letter"), std::string(100'000, 'x')}) {
    WriteBytes(options_.path, text);
    const absl::Status status = Open();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("is no journal of atomstream"));
    EXPECT_EQ(ReadBytes(options_.path), text);
  }
}

TEST_F(OpeningTest, AFolderThatIsNotThereIsNamed) {
  options_.path = folder_ + "/nowhere/journal";
  EXPECT_THAT(std::string(Open().message()),
              HasSubstr("/nowhere/journal.lock: open: No such file"));
}

TEST_F(OpeningTest, ADamagedFileIsMovedAsideWithAllThatBelongsToIt) {
  options_.max_frame_bytes = 1 << 20;
  ASSERT_TRUE(Open().ok());
  AppendMany(20);
  ASSERT_TRUE(journal_->KeepFrame("pixels", 1).ok());
  const std::string epoch = journal_->epoch();
  journal_.reset();
  std::string bytes = ReadBytes(options_.path);
  bytes[bytes.size() / 2] ^= 1;
  WriteBytes(options_.path, bytes);
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(journal_->epoch(), epoch);
  ExpectMovedAside("");
  EXPECT_EQ(ReadBytes(report_.moved_to), bytes);
  EXPECT_TRUE(std::filesystem::exists(report_.moved_to + ".mark"));
  EXPECT_TRUE(std::filesystem::exists(report_.moved_to + ".frames"));
  EXPECT_FALSE(std::filesystem::exists(options_.path + ".frames"));
  // A second one within the same second does not take the place of the first.
  const std::string first = report_.moved_to;
  journal_.reset();
  WriteBytes(options_.path, "");
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(report_.moved_to, first + "-2");
  EXPECT_EQ(ReadBytes(first), bytes);
}

TEST_F(OpeningTest, AFileThatIsGoneIsALoss) {
  ASSERT_TRUE(Open().ok());
  AppendMany(3);
  journal_.reset();
  std::filesystem::remove(options_.path);
  ASSERT_TRUE(Open().ok());
  ExpectMovedAside("is missing or empty, but had 3 entries");
}

TEST_F(OpeningTest, ALogWithoutItsFileIsALoss) {
  WriteBytes(options_.path + "-wal", "something");
  ASSERT_TRUE(Open().ok());
  ExpectMovedAside("its write-ahead log is there");
}

TEST_F(OpeningTest, AnOlderCopyInItsPlaceIsALossForItsNumbersWouldComeAgain) {
  ASSERT_TRUE(Open().ok());
  AppendMany(3);
  journal_.reset();
  const std::string copy = ReadBytes(options_.path);
  ASSERT_TRUE(Open().ok());
  AppendMany(4);
  journal_.reset();
  WriteBytes(options_.path, copy);
  ASSERT_TRUE(Open().ok());
  ExpectMovedAside("ends with entry 3, but 7 had been acknowledged");
}

TEST_F(OpeningTest, AMissingOrUnreadableMarkLosesNothing) {
  ASSERT_TRUE(Open().ok());
  AppendMany(3);
  for (const bool missing : {true, false}) {
    journal_.reset();
    if (missing) {
      std::filesystem::remove(options_.path + ".mark");
    } else {
      WriteBytes(options_.path + ".mark", "atomstream-journal x 99999 0\n");
    }
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(report_.damage, "");
    EXPECT_EQ(report_.new_epoch_why, missing ? "its mark is missing" : "its mark is damaged");
    ExpectAllThere(1, 3);
    EXPECT_EQ(Mark::Read(options_.path + ".mark")->sequence, 3);
  }
}

TEST_F(OpeningTest, MissingEntriesAreALoss) {
  ASSERT_TRUE(Open().ok());
  AppendMany(9);
  journal_.reset();
  ASSERT_TRUE(OpenDatabase(Database::Mode::kWrite)
                  ->Execute("DELETE FROM entry WHERE sequence IN (4, 5)")
                  .ok());
  ASSERT_TRUE(Open().ok());
  ExpectMovedAside("has 7 entries from 1 to 9: some are missing");
}

TEST_F(OpeningTest, AMissingIndexIsALoss) {
  ASSERT_TRUE(Open().ok());
  AppendMany(1);
  journal_.reset();
  ASSERT_TRUE(OpenDatabase(Database::Mode::kWrite)->Execute("DROP INDEX entry_by_detector").ok());
  ASSERT_TRUE(Open().ok());
  ExpectMovedAside("the index 'entry_by_detector' is missing");
}

// A second passes whenever somebody looks.
class TickingClock final : public Clock {
 public:
  absl::Time Now() const override { return now_ += absl::Seconds(1); }

 private:
  mutable absl::Time now_ = absl::UnixEpoch();
};

class LargeFileTest : public OpeningTest {
 protected:
  // 70 entries of 1 MiB; one byte of the payload of entry 35 or one of its neighbours is changed.
  void MakeDamagedLargeFile() {
    ASSERT_TRUE(Open().ok());
    std::vector<NewEntry> entries(70, MakeEntry(1));
    for (NewEntry& entry : entries) entry.payload.assign(1 << 20, 'x');
    ASSERT_TRUE(journal_->AppendBatch(entries).ok());
    journal_.reset();
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<long>(std::filesystem::file_size(options_.path) / 2));
    file.put('y');
  }
};

TEST_F(LargeFileTest, AllPagesOfALargeFileAreReadWhenThereIsTime) {
  MakeDamagedLargeFile();
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(report_.damage, "");
  EXPECT_NE(report_.moved_to, "");
}

TEST_F(LargeFileTest, WhatTheTimeDidNotSufficeForIsFoundWhenItIsRead) {
  MakeDamagedLargeFile();
  const TickingClock ticking;
  JournalDependencies hasty = dependencies();
  hasty.steady_clock = &ticking;
  OpeningReport report;
  const auto journal = Journal::Open(options_, hasty, &report);
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_FALSE(report.check_complete);
  EXPECT_EQ(report.damage, "");
  int64_t damaged = 0;
  for (int64_t sequence = 1; sequence <= 70; ++sequence) {
    const auto entry = (*journal)->Read(sequence);
    if (entry.ok()) {
      EXPECT_EQ(entry->payload, std::string(1 << 20, 'x'));
    } else {
      EXPECT_TRUE(absl::IsDataLoss(entry.status())) << entry.status();
      EXPECT_EQ(damaged, 0);
      damaged = sequence;
    }
  }
  ASSERT_GT(damaged, 1);
  // Reading on stops before it, says so, and goes on behind it.
  const auto before = (*journal)->ReadAfter(damaged - 2, 5, 100 << 20);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->size(), 1u);
  EXPECT_TRUE(absl::IsDataLoss((*journal)->ReadAfter(damaged - 1, 5, 100 << 20).status()));
  EXPECT_EQ((*journal)->ReadAfter(damaged, 5, 100 << 20)->size(), 5u);
  const auto page = (*journal)->List({}, {.max_bytes = 100 << 20});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 69u);
  EXPECT_THAT(page->damaged, testing::ElementsAre(damaged));
}

TEST(PageChecksumTest, ChangesWithEveryBitAndWithThePlace) {
  std::string page(kPageBytes - kPageCheckBytes, '\0');
  for (size_t i = 0; i < page.size(); ++i) page[i] = static_cast<char>(i * 7);
  const uint64_t sum = PageChecksum(page, 5);
  for (size_t bit = 0; bit < page.size() * 8; bit += 13) {
    page[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_NE(PageChecksum(page, 5), sum);
    page[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
  EXPECT_EQ(PageChecksum(page, 5), sum);
  EXPECT_NE(PageChecksum(page, 6), sum);
}

}  // namespace
}  // namespace atomstream
