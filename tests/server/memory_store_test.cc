#include "server/store/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <thread>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As many bytes as there are atoms, at least one.
std::string Encode(const FrameRecord& record) {
  return std::string(std::max<size_t>(record.detector.atoms().size(), 1), 'x');
}

FrameRecord Record(const std::string& frame_id, DetectorKind kind = DetectorKind::kLogStar) {
  FrameRecord record;
  record.frame_id = frame_id;
  record.detector = FailedDetector(kind, absl::OkStatus());
  return record;
}

FrameRecord RecordOfAtoms(const std::string& frame_id, size_t atoms) {
  FrameRecord record = Record(frame_id);
  std::get<LogStarResult>(record.detector.result).atoms.resize(atoms);
  return record;
}

// Both detectors were asked for; the other's result has this sequence, 0: none yet.
FrameRecord RecordBeside(const std::string& frame_id, DetectorKind kind, int64_t other) {
  FrameRecord record = Record(frame_id, kind);
  for (const DetectorKind each : kDetectorKinds) {
    record.summary.push_back({each, DetectorState::kDone, "", each == kind ? 0 : other});
  }
  return record;
}

std::vector<int64_t> Sequences(const std::vector<StoredResultPtr>& results) {
  std::vector<int64_t> sequences;
  for (const StoredResultPtr& result : results) sequences.push_back(result->position.sequence);
  return sequences;
}

TEST(MemoryStoreTest, NumbersResultsFromOneWithoutHoles) {
  MemoryStore store("epoch", 10, &Encode);
  for (int i = 1; i <= 3; ++i) {
    const AppendedResult appended = *store.Append(Record("f"));
    EXPECT_EQ(appended.record->position.sequence, i);
    EXPECT_EQ(appended.record->position.epoch, "epoch");
    EXPECT_EQ(appended.stored->position.sequence, i);
    EXPECT_EQ(appended.stored->position.epoch, "epoch");
  }
}

TEST(MemoryStoreTest, EncodesAResultOnceAndWithItsNumber) {
  std::vector<int64_t> encoded;
  MemoryStore store("epoch", 10, [&encoded](const FrameRecord& record) {
    encoded.push_back(record.position.sequence);
    return std::string("bytes");
  });
  const AppendedResult appended = *store.Append(Record("f"));
  EXPECT_EQ(*store.Get({"epoch", 1}), appended.stored);
  EXPECT_EQ(store.ReadAfter(0, {})->front(), appended.stored);
  EXPECT_EQ(appended.stored->encoded, "bytes");
  EXPECT_THAT(encoded, ElementsAre(1));
}

TEST(MemoryStoreTest, KeepsFewerResultsWhenTheyAreLargeButAlwaysTheNewest) {
  constexpr size_t kAtoms = 10'000;
  MemoryStore store("epoch", 1000, &Encode, /*max_bytes=*/5 * kAtoms / 2);
  for (int i = 1; i <= 7; ++i) (void)*store.Append(RecordOfAtoms(absl::StrCat("f", i), kAtoms));
  EXPECT_EQ(store.range().oldest, 6);
  EXPECT_EQ(store.range().newest, 7);
  EXPECT_GE(store.status().bytes, 2 * int64_t{kAtoms});
  EXPECT_TRUE(absl::IsNotFound(store.GetNewestOf("f5").status()));
  EXPECT_THAT(Sequences(*store.GetNewestOf("f6")), ElementsAre(6));
  (void)*store.Append(RecordOfAtoms("huge", 100 * kAtoms));
  EXPECT_EQ(store.range().oldest, 8);
  EXPECT_EQ(store.range().newest, 8);
  for (int i = 0; i < 20; ++i) (void)*store.Append(Record("small"));
  EXPECT_EQ(store.range().newest - store.range().oldest + 1, 20);
}

TEST(MemoryStoreTest, WritesTheNumberIntoTheSummaryToo) {
  MemoryStore store("epoch", 10, &Encode);
  (void)*store.Append(Record("other"));
  const AppendedResult appended =
      *store.Append(RecordBeside("f", DetectorKind::kUnet, /*other=*/0));
  EXPECT_EQ(appended.record->summary[0].sequence, 0);
  EXPECT_EQ(appended.record->summary[1].sequence, 2);
}

TEST(MemoryStoreTest, AnEmptyStoreHasNoRange) {
  MemoryStore store("epoch", 10, &Encode);
  EXPECT_EQ(store.range().oldest, 0);
  EXPECT_EQ(store.range().newest, 0);
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 0}).status()));
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 1}).status()));
  EXPECT_TRUE(store.ReadAfter(0, {})->empty());
  EXPECT_TRUE(store.List({}, {})->results.empty());
  EXPECT_EQ(*store.Count(1, 100, DetectorSet::All()), 0);
}

TEST(MemoryStoreTest, KeepsTheNewestOnly) {
  MemoryStore store("epoch", 3, &Encode);
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(store.Append(Record(absl::StrCat("f", i))).ok());
  EXPECT_EQ(store.range().oldest, 3);
  EXPECT_EQ(store.range().newest, 5);
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 2}).status()));
  EXPECT_EQ((*store.Get({"epoch", 3}))->key.frame_id, "f3");
  EXPECT_EQ((*store.Get({"epoch", 5}))->key.frame_id, "f5");
  EXPECT_TRUE(absl::IsNotFound(store.Get({"epoch", 6}).status()));
  EXPECT_TRUE(absl::IsNotFound(store.GetNewestOf("f2").status()));
  EXPECT_THAT(Sequences(*store.GetNewestOf("f4")), ElementsAre(4));
}

TEST(MemoryStoreTest, AnotherEpochIsNotFoundAndTheMessageNamesThisOne) {
  MemoryStore store("mine", 3, &Encode);
  ASSERT_TRUE(store.Append(Record("f")).ok());
  const absl::Status status = store.Get({"other", 1}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("mine"));
}

TEST(MemoryStoreTest, AFrameThatCameTwiceGivesItsNewestResult) {
  MemoryStore store("epoch", 2, &Encode);
  ASSERT_TRUE(store.Append(Record("twice")).ok());
  ASSERT_TRUE(store.Append(Record("twice")).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("twice")), ElementsAre(2));
  // The older one leaves; the newer one is still found.
  ASSERT_TRUE(store.Append(Record("other")).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("twice")), ElementsAre(2));
  ASSERT_TRUE(store.Append(Record("other")).ok());
  EXPECT_TRUE(absl::IsNotFound(store.GetNewestOf("twice").status()));
}

TEST(MemoryStoreTest, TheNewestAnalysisOfAFrameHasOneResultADetector) {
  MemoryStore store("epoch", 5, &Encode);
  constexpr auto kLogStar = DetectorKind::kLogStar;
  constexpr auto kUnet = DetectorKind::kUnet;
  ASSERT_TRUE(store.Append(RecordBeside("f", kLogStar, 0)).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("f")), ElementsAre(1));
  ASSERT_TRUE(store.Append(Record("other")).ok());
  ASSERT_TRUE(store.Append(RecordBeside("f", kUnet, 1)).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("f")), ElementsAre(1, 3));
  // Another solution was selected, twice.
  ASSERT_TRUE(store.Append(RecordBeside("f", kLogStar, 3)).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("f")), ElementsAre(3, 4));
  ASSERT_TRUE(store.Append(RecordBeside("f", kLogStar, 3)).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("f")), ElementsAre(3, 5));
  // What is no longer kept is left out.
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.Append(Record("other")).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("f")), ElementsAre(5));
  // Analysed again.
  ASSERT_TRUE(store.Append(RecordBeside("f", kLogStar, 0)).ok());
  EXPECT_THAT(Sequences(*store.GetNewestOf("f")), ElementsAre(9));
}

TEST(MemoryStoreTest, ReadsOnBehindAPlaceUpToABound) {
  MemoryStore store("epoch", 5, &Encode);
  for (int i = 1; i <= 8; ++i) {  // 4 … 8 are kept
    ASSERT_TRUE(store.Append(RecordOfAtoms("f", 1000)).ok());
  }
  EXPECT_THAT(Sequences(*store.ReadAfter(3, {})), ElementsAre(4, 5, 6, 7, 8));
  EXPECT_THAT(Sequences(*store.ReadAfter(5, {.max_results = 2})), ElementsAre(6, 7));
  EXPECT_THAT(Sequences(*store.ReadAfter(5, {.max_bytes = 1})), ElementsAre(6));
  EXPECT_THAT(Sequences(*store.ReadAfter(8, {})), ElementsAre());
  for (const int64_t after : {-1, 2, 9}) {
    const absl::Status status = store.ReadAfter(after, {}).status();
    EXPECT_TRUE(absl::IsOutOfRange(status)) << after;
    EXPECT_THAT(std::string(status.message()), HasSubstr("kept are 4 to 8"));
  }
}

TEST(MemoryStoreTest, CountsTheKeptResultsOfSomeDetectors) {
  MemoryStore store("epoch", 6, &Encode);
  for (int i = 1; i <= 8; ++i) {  // 3 … 8 are kept; the even ones are the U-Net's
    const auto kind = i % 2 == 0 ? DetectorKind::kUnet : DetectorKind::kLogStar;
    ASSERT_TRUE(store.Append(Record("f", kind)).ok());
  }
  EXPECT_EQ(*store.Count(1, 8, DetectorSet::All()), 6);
  EXPECT_EQ(*store.Count(1, 7, {DetectorKind::kUnet}), 2);
  EXPECT_EQ(*store.Count(4, 4, {DetectorKind::kUnet}), 1);
  EXPECT_EQ(*store.Count(4, 100, {DetectorKind::kLogStar}), 2);
}

TEST(MemoryStoreTest, ListsPagesInBothOrders) {
  MemoryStore store("epoch", 5, &Encode);
  for (int i = 1; i <= 8; ++i) {  // 4 … 8 are kept
    ASSERT_TRUE(store.Append(Record(i % 2 == 0 ? "even" : "odd")).ok());
  }
  const auto pages = [&](EntryOrder order, const EntryFilter& filter) {
    std::vector<std::vector<int64_t>> pages;
    PageRequest request{.order = order, .max_entries = 2};
    do {
      const ResultPage page = *store.List(filter, request);
      pages.push_back(Sequences(page.results));
      request.cursor = page.cursor;
    } while (request.cursor != 0);
    return pages;
  };
  EXPECT_THAT(pages(EntryOrder::kOldestFirst, {}),
              ElementsAre(ElementsAre(4, 5), ElementsAre(6, 7), ElementsAre(8)));
  EXPECT_THAT(pages(EntryOrder::kNewestFirst, {}),
              ElementsAre(ElementsAre(8, 7), ElementsAre(6, 5), ElementsAre(4)));
  EntryFilter odd;
  odd.frame_id = "odd";
  EXPECT_THAT(pages(EntryOrder::kOldestFirst, odd), ElementsAre(ElementsAre(5, 7)));
  EXPECT_TRUE(absl::IsInvalidArgument(store.List({}, {.max_entries = 0}).status()));
}

TEST(MemoryStoreTest, ForgetsWithTheProcess) {
  EXPECT_FALSE(MemoryStore("epoch", 1, &Encode).status().durable);
}

TEST(MemoryStoreTest, FewerResultsThanBeforeGoAtOnce) {
  MemoryStore store("epoch", 10, &Encode);
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(store.Append(Record("f")).ok());
  store.SetCapacity(3);
  EXPECT_EQ(store.range().oldest, 8);
  EXPECT_EQ(store.status().bytes, (*store.Get({"epoch", 9}))->bytes() * 3);
  store.SetCapacity(5);
  for (int i = 11; i <= 15; ++i) ASSERT_TRUE(store.Append(Record("f")).ok());
  EXPECT_EQ(store.range().oldest, 11);
}

TEST(MemoryStoreTest, ReadersSeeAConsistentRangeWhileResultsCome) {
  MemoryStore store("epoch", 4, &Encode);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      const ResultPage page = *store.List({}, {});
      for (size_t i = 1; i < page.results.size(); ++i) {
        ASSERT_EQ(page.results[i]->position.sequence, page.results[i - 1]->position.sequence + 1);
      }
      ASSERT_LE(page.results.size(), 4u);
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
