#include "server/store/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <thread>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

FrameRecord Record(const std::string& frame_id) {
  FrameRecord record;
  record.frame_id = frame_id;
  return record;
}

std::vector<int64_t> Sequences(const std::vector<FrameRecordPtr>& records) {
  std::vector<int64_t> sequences;
  for (const FrameRecordPtr& record : records) sequences.push_back(record->position.sequence);
  return sequences;
}

TEST(MemoryStoreTest, NumbersResultsFromOneWithoutHoles) {
  MemoryStore store("epoch", 10);
  for (int i = 1; i <= 3; ++i) {
    const FrameRecordPtr record = *store.Append(Record("f"));
    EXPECT_EQ(record->position.sequence, i);
    EXPECT_EQ(record->position.epoch, "epoch");
  }
}

FrameRecord RecordOfAtoms(const std::string& frame_id, size_t atoms) {
  FrameRecord record = Record(frame_id);
  std::get<LogStarResult>(record.detector.result).atoms.resize(atoms);
  return record;
}

TEST(MemoryStoreTest, KeepsFewerResultsWhenTheyAreLargeButAlwaysTheNewest) {
  constexpr size_t kAtoms = 10'000;
  MemoryStore store("epoch", 1000, /*max_bytes=*/5 * kAtoms * sizeof(Atom) / 2);
  for (int i = 1; i <= 7; ++i) (void)*store.Append(RecordOfAtoms(absl::StrCat("f", i), kAtoms));
  EXPECT_EQ(store.range().oldest, 6);
  EXPECT_EQ(store.range().newest, 7);
  EXPECT_TRUE(absl::IsNotFound(store.GetNewestOf("f5").status()));
  EXPECT_EQ((*store.GetNewestOf("f6"))->position.sequence, 6);
  (void)*store.Append(RecordOfAtoms("huge", 100 * kAtoms));
  EXPECT_EQ(store.range().oldest, 8);
  EXPECT_EQ(store.range().newest, 8);
  for (int i = 0; i < 50; ++i) (void)*store.Append(Record("small"));
  EXPECT_EQ(store.range().newest - store.range().oldest + 1, 50);
}

TEST(MemoryStoreTest, CountsClustersAndSitesAmongTheBytes) {
  constexpr size_t kAtoms = 10'000;
  const auto oldest_of_ten = [](const std::shared_ptr<const StructureRecord>& structure) {
    // Bare results: atoms and 4 KiB each.
    MemoryStore store("epoch", 1000, /*max_bytes=*/10 * (kAtoms * sizeof(Atom) + 4096));
    for (int i = 1; i <= 10; ++i) {
      FrameRecord record = RecordOfAtoms(absl::StrCat("f", i), kAtoms);
      record.detector.structure = structure;
      (void)*store.Append(std::move(record));
    }
    return store.range().oldest;
  };
  EXPECT_EQ(oldest_of_ten(nullptr), 1);
  auto clusters = std::make_shared<StructureRecord>();
  clusters->clusters.labels.resize(kAtoms);
  clusters->clusters.probability.resize(kAtoms);
  clusters->clusters.components = DescriptorMatrix::Zero(kAtoms, 4);
  EXPECT_GT(oldest_of_ten(clusters), 4);  // 24 bytes an atom more than 20
  auto sites = std::make_shared<StructureRecord>();
  sites->sites.sites.resize(kAtoms);
  for (SiteSurroundings& site : sites->sites.sites) site.coordination = 3;
  EXPECT_GT(oldest_of_ten(sites), 6);  // 64 bytes an atom more
}

TEST(MemoryStoreTest, WritesTheNumberIntoTheSummaryToo) {
  MemoryStore store("epoch", 10);
  (void)*store.Append(Record("other"));
  FrameRecord record = Record("f");
  record.detector = FailedDetector(DetectorKind::kUnet, absl::InternalError(""));
  record.summary.resize(2);
  record.summary[0].kind = DetectorKind::kLogStar;
  record.summary[1].kind = DetectorKind::kUnet;
  const FrameRecordPtr stored = *store.Append(std::move(record));
  EXPECT_EQ(stored->summary[0].sequence, 0);
  EXPECT_EQ(stored->summary[1].sequence, 2);
}

TEST(MemoryStoreTest, AtomsOfTheUnetCountToo) {
  constexpr size_t kAtoms = 10'000;
  MemoryStore store("epoch", 1000, /*max_bytes=*/5 * kAtoms * sizeof(Atom) / 2);
  for (int i = 1; i <= 3; ++i) {
    FrameRecord record = Record("f");
    record.detector.result.emplace<UnetResult>().atoms.resize(kAtoms);
    (void)*store.Append(std::move(record));
  }
  EXPECT_EQ(store.range().oldest, 3);  // with its columns of probabilities an atom takes 28 bytes
}

TEST(MemoryStoreTest, AnEmptyStoreHasNoRange) {
  MemoryStore store("epoch", 10);
  EXPECT_EQ(store.range().oldest, 0);
  EXPECT_EQ(store.range().newest, 0);
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 0}).status()));
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 1}).status()));
  EXPECT_TRUE(store.List(0, 10)->empty());
}

TEST(MemoryStoreTest, KeepsTheNewestOnly) {
  MemoryStore store("epoch", 3);
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(store.Append(Record(absl::StrCat("f", i))).ok());
  EXPECT_EQ(store.range().oldest, 3);
  EXPECT_EQ(store.range().newest, 5);
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 2}).status()));
  EXPECT_EQ((*store.Get({"epoch", 3}))->frame_id, "f3");
  EXPECT_EQ((*store.Get({"epoch", 5}))->frame_id, "f5");
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 6}).status()));
  EXPECT_TRUE(absl::IsNotFound(store.GetNewestOf("f2").status()));
  EXPECT_EQ((*store.GetNewestOf("f4"))->position.sequence, 4);
}

TEST(MemoryStoreTest, AnotherEpochIsNotFoundAndTheMessageNamesThisOne) {
  MemoryStore store("mine", 3);
  ASSERT_TRUE(store.Append(Record("f")).ok());
  const absl::Status status = store.Get({"other", 1}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("mine"));
}

TEST(MemoryStoreTest, AFrameThatCameTwiceGivesItsNewestResult) {
  MemoryStore store("epoch", 2);
  ASSERT_TRUE(store.Append(Record("twice")).ok());
  ASSERT_TRUE(store.Append(Record("twice")).ok());
  EXPECT_EQ((*store.GetNewestOf("twice"))->position.sequence, 2);
  // The older one leaves; the newer one is still found.
  ASSERT_TRUE(store.Append(Record("other")).ok());
  EXPECT_EQ((*store.GetNewestOf("twice"))->position.sequence, 2);
  ASSERT_TRUE(store.Append(Record("other")).ok());
  EXPECT_TRUE(absl::IsNotFound(store.GetNewestOf("twice").status()));
}

TEST(MemoryStoreTest, ListsAfterAPlaceUpToALimit) {
  MemoryStore store("epoch", 5);
  for (int i = 1; i <= 8; ++i) ASSERT_TRUE(store.Append(Record("f")).ok());  // 4 … 8 are kept
  using testing::ElementsAre;
  EXPECT_THAT(Sequences(*store.List(0, 2)), ElementsAre(4, 5));
  EXPECT_THAT(Sequences(*store.List(5, 10)), ElementsAre(6, 7, 8));
  EXPECT_THAT(Sequences(*store.List(8, 10)), ElementsAre());
  EXPECT_THAT(Sequences(*store.List(100, 10)), ElementsAre());
}

TEST(MemoryStoreTest, ReadersSeeAConsistentRangeWhileResultsCome) {
  MemoryStore store("epoch", 4);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      const std::vector<FrameRecordPtr> records = *store.List(0, 10);
      for (size_t i = 1; i < records.size(); ++i) {
        ASSERT_EQ(records[i]->position.sequence, records[i - 1]->position.sequence + 1);
      }
      ASSERT_LE(records.size(), 4u);
    }
  });
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(store.Append(Record("f")).ok());
  stop = true;
  reader.join();
}

TEST(MakeEpochTest, IsARandomUuid) {
  const std::string epoch = MakeEpoch();
  EXPECT_TRUE(std::regex_match(
      epoch, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")))
      << epoch;
  EXPECT_NE(MakeEpoch(), epoch);
}

}  // namespace
}  // namespace atomstream
