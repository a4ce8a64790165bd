#include "server/journal/journal.h"

#include <limits>
#include <string>
#include <vector>

#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST_F(JournalTest, GivesBackWhatWasAppendedAlsoAfterItWasClosed) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(report_.created);
  EXPECT_EQ(journal_->range().newest, 0);
  AppendMany(50);
  ExpectAllThere(1, 50);
  const std::string epoch = journal_->epoch();
  ASSERT_TRUE(Open().ok());
  EXPECT_FALSE(report_.created);
  EXPECT_TRUE(report_.check_complete);
  EXPECT_EQ(report_.damage, "");
  EXPECT_EQ(journal_->epoch(), epoch);
  ExpectAllThere(1, 50);
  AppendMany(1);
  ExpectAllThere(1, 51);
}

TEST_F(JournalTest, KeepsEveryValueThatColumnsCanTake) {
  ASSERT_TRUE(Open().ok());
  NewEntry entry;
  entry.key.frame_id = std::string("a\0b\xff'\"; DROP TABLE entry", 24);
  entry.key.frame_number = std::numeric_limits<int64_t>::min();
  entry.key.acquisition_time = absl::FromUnixNanos(std::numeric_limits<int64_t>::min());
  entry.key.result_time = absl::FromUnixNanos(std::numeric_limits<int64_t>::max());
  entry.key.atom_count = std::numeric_limits<int64_t>::max();
  entry.key.qc = -0.0;
  entry.key.er = std::numeric_limits<double>::denorm_min();
  entry.key.f1 = 0.1;
  entry.key.frame_sha256 = std::string(32, '\0');
  ASSERT_TRUE(journal_->Append(entry).ok());
  const auto read = journal_->Read(1);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(SameKey(read->key, entry.key));
  EXPECT_EQ(read->payload, "");
  EXPECT_TRUE(journal_->NewestOf(entry.key.frame_id).ok());
}

TEST_F(JournalTest, RefusesWhatItCannotKeepAndUsesUpNoNumber) {
  ASSERT_TRUE(Open().ok());
  const auto refused = [this](auto change) {
    NewEntry entry = MakeEntry(1);
    change(entry);
    const auto sequence = journal_->Append(entry);
    EXPECT_TRUE(absl::IsInvalidArgument(sequence.status())) << sequence.status();
    return MessageOf(sequence.status());
  };
  EXPECT_THAT(refused([](NewEntry& e) { e.key.frame_id = ""; }), HasSubstr("frame_id = ''"));
  EXPECT_THAT(refused([](NewEntry& e) { e.key.material.assign(1025, 'x'); }),
              HasSubstr("material = 'xxx"));
  EXPECT_THAT(refused([](NewEntry& e) { e.key.qc = std::numeric_limits<double>::quiet_NaN(); }),
              HasSubstr("qc = nan"));
  EXPECT_THAT(refused([](NewEntry& e) { e.key.result_time = absl::InfiniteFuture(); }),
              HasSubstr("result_time = infinite-future"));
  EXPECT_THAT(refused([](NewEntry& e) { e.key.frame_sha256 = "short"; }),
              HasSubstr("frame_sha256: 5 bytes"));
  EXPECT_THAT(refused([](NewEntry& e) { e.key.analysis_start = 1; }),
              HasSubstr("analysis_start = 1"));
  EXPECT_THAT(refused([](NewEntry& e) { e.payload.resize(NewEntry::kMaxPayloadBytes + 1); }),
              HasSubstr("payload: 67108865 bytes"));
  AppendMany(1);
  ExpectAllThere(1, 1);
}

TEST_F(JournalTest, ABatchIsKeptWhollyOrNotAtAll) {
  ASSERT_TRUE(Open().ok());
  std::vector<NewEntry> batch;
  for (int64_t i = 1; i <= 20; ++i) batch.push_back(MakeEntry(i));
  const auto first = journal_->AppendBatch(batch);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, 1);
  batch.back().key.analysis_start = 1000;  // found only when the others are in
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->AppendBatch(batch).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->AppendBatch({}).status()));
  ExpectAllThere(1, 20);
  AppendMany(1);
  ExpectAllThere(1, 21);
}

TEST_F(JournalTest, SaysWhereASequenceLies) {
  options_.retention.max_entries = 3;
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(MessageOf(journal_->Read(1).status()), HasSubstr("nothing is kept yet"));
  AppendMany(5);
  Maintain();
  EXPECT_TRUE(absl::IsOutOfRange(journal_->Read(2).status()));
  EXPECT_THAT(MessageOf(journal_->Read(2).status()), HasSubstr("kept are 3 to 5"));
  EXPECT_TRUE(absl::IsNotFound(journal_->Read(6).status()));
  EXPECT_TRUE(absl::IsNotFound(journal_->Read(0).status()));
  EXPECT_TRUE(absl::IsNotFound(journal_->NewestOf("frame-0").status()));
}

TEST_F(JournalTest, FindsTheNewestOfAFrameAndItsWholeAnalysis) {
  ASSERT_TRUE(Open().ok());
  const auto append = [this](const char* frame, const char* detector, int64_t start) {
    NewEntry entry = MakeEntry(1);
    entry.key.frame_id = frame;
    entry.key.detector = detector;
    entry.key.analysis_start = start;
    return journal_->Append(entry).value();
  };
  append("a", "log_star", 0);
  append("a", "unet", 1);
  const int64_t start = append("a", "log_star", 0);
  append("b", "log_star", 0);
  append("a", "unet", start);
  append("b", "unet", 4);
  EXPECT_EQ(journal_->NewestOf("a")->sequence, 5);
  const auto analysis = journal_->NewestAnalysisOf("a");
  ASSERT_TRUE(analysis.ok()) << analysis.status();
  ASSERT_EQ(analysis->size(), 2u);
  EXPECT_EQ((*analysis)[0].sequence, 3);
  EXPECT_EQ((*analysis)[1].sequence, 5);
  append("a", "log_star", 0);
  EXPECT_EQ(journal_->NewestAnalysisOf("a")->size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(journal_->NewestAnalysisOf("c").status()));
}

TEST_F(JournalTest, ReadsOnFromAnyPlaceWithoutHoles) {
  options_.retention.max_entries = 40;
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(journal_->ReadAfter(0, 10, 1000)->empty());
  AppendMany(60);
  Maintain();
  int64_t after = 20;
  while (true) {
    const auto entries = journal_->ReadAfter(after, 7, 1 << 20);
    ASSERT_TRUE(entries.ok()) << entries.status();
    if (entries->empty()) break;
    EXPECT_LE(entries->size(), 7u);
    for (const Entry& entry : *entries) {
      EXPECT_EQ(entry.sequence, ++after);
      EXPECT_TRUE(IsEntry(entry, entry.sequence));
    }
  }
  EXPECT_EQ(after, 60);
  EXPECT_EQ(journal_->ReadAfter(20, 100, 1)->size(), 1u);  // one in any case
  for (const int64_t bad : {0, 19, 61}) {
    const auto refused = journal_->ReadAfter(bad, 10, 1000);
    EXPECT_TRUE(absl::IsOutOfRange(refused.status())) << bad;
    EXPECT_THAT(MessageOf(refused.status()), HasSubstr("kept are 21 to 60"));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->ReadAfter(20, 0, 1000).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->ReadAfter(20, 1, 0).status()));
}

TEST_F(JournalTest, OnlyOneMayHoldAJournal) {
  ASSERT_TRUE(Open().ok());
  AppendMany(3);
  OpeningReport report;
  const auto second = Journal::Open(options_, dependencies(), &report);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
  EXPECT_THAT(MessageOf(second.status()),
              HasSubstr(absl::StrCat(".lock: is held by process ", getpid())));
  AppendMany(3);
  ExpectAllThere(1, 6);
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(1, 6);
}

TEST_F(JournalTest, OptionsAreChecked) {
  const auto refused = [this](auto change) {
    JournalOptions options = options_;
    change(options);
    OpeningReport report;
    const auto journal = Journal::Open(options, dependencies(), &report);
    EXPECT_TRUE(absl::IsInvalidArgument(journal.status())) << journal.status();
    return MessageOf(journal.status());
  };
  EXPECT_THAT(refused([](JournalOptions& o) { o.path = ""; }), HasSubstr("path = ''"));
  EXPECT_THAT(refused([](JournalOptions& o) { o.retention.max_entries = -1; }),
              HasSubstr("max_entries = -1"));
  EXPECT_THAT(refused([](JournalOptions& o) { o.retention.max_bytes = -1; }),
              HasSubstr("max_bytes = -1"));
  EXPECT_THAT(refused([](JournalOptions& o) { o.retention.max_age = absl::ZeroDuration(); }),
              HasSubstr("max_age = 0"));
  EXPECT_THAT(refused([](JournalOptions& o) { o.max_frame_bytes = -1; }),
              HasSubstr("max_frame_bytes = -1"));
  EXPECT_THAT(refused([](JournalOptions& o) { o.max_readers = 0; }), HasSubstr("max_readers = 0"));
}

}  // namespace
}  // namespace atomstream
