#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "server/journal/entry_reader.h"
#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

// All pages of a list, each checked for its bounds.
std::vector<int64_t> ListAll(const Journal& journal, const EntryFilter& filter,
                             PageRequest request) {
  std::vector<int64_t> sequences;
  for (int page = 0; page < 10'000; ++page) {
    const auto got = journal.List(filter, request);
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok()) return sequences;
    EXPECT_LE(static_cast<int>(got->entries.size()), request.max_entries);
    EXPECT_TRUE(got->damaged.empty());
    for (const Entry& entry : got->entries) {
      EXPECT_TRUE(Matches(filter, entry.key));
      EXPECT_EQ(entry.payload.empty(), !request.with_payload);
      sequences.push_back(entry.sequence);
    }
    if (got->cursor == 0) return sequences;
    request.cursor = got->cursor;
  }
  ADD_FAILURE() << "the pages do not end";
  return sequences;
}

std::vector<int64_t> Expected(const EntryFilter& filter, int64_t newest, EntryOrder order) {
  std::vector<int64_t> sequences;
  for (int64_t sequence = 1; sequence <= newest; ++sequence) {
    if (Matches(filter, MakeEntry(sequence).key)) sequences.push_back(sequence);
  }
  if (order == EntryOrder::kNewestFirst) std::reverse(sequences.begin(), sequences.end());
  return sequences;
}

// Each condition is there one time in three.
EntryFilter RandomFilter(std::mt19937& random) {
  const auto maybe = [&random] { return random() % 3 == 0; };
  EntryFilter filter;
  if (random() % 10 == 0) filter.frame_id = absl::StrCat("frame-", random() % 120);
  if (maybe()) filter.detector = random() % 2 == 0 ? "log_star" : "unet";
  if (maybe()) filter.material = random() % 2 == 0 ? "graphene" : "strontium_titanate";
  if (maybe()) filter.origin = "source";
  if (maybe()) filter.ok = random() % 2 == 0;
  const absl::Time start = absl::FromUnixMillis(1'700'000'000'000);
  if (maybe()) filter.acquired_from = start + absl::Milliseconds(random() % 5000);
  if (maybe()) filter.acquired_before = start + absl::Milliseconds(random() % 5000);
  if (maybe()) filter.min_atom_count = random() % 2000;
  if (maybe()) filter.max_qc = static_cast<double>(random() % 1000) / 1000;
  if (random() % 9 == 0) filter.max_er = 0.5;
  if (random() % 9 == 0) filter.min_f1 = 0.5;
  return filter;
}

using ListTest = JournalTest;

TEST_F(ListTest, FindsExactlyWhatMatchesInPagesOfAnySize) {
  ASSERT_TRUE(Open().ok());
  std::vector<NewEntry> entries;
  for (int64_t i = 1; i <= 200; ++i) entries.push_back(MakeEntry(i));
  ASSERT_TRUE(journal_->AppendBatch(entries).ok());
  std::mt19937 random(1);
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    const EntryFilter filter = RandomFilter(random);
    PageRequest request;
    request.order = i % 2 == 0 ? EntryOrder::kOldestFirst : EntryOrder::kNewestFirst;
    request.max_entries = 1 + static_cast<int>(random() % 30);
    request.max_bytes = 1 + static_cast<int64_t>(random() % 100'000);
    request.with_payload = random() % 2 == 0;
    const std::vector<int64_t> sequences = ListAll(*journal_, filter, request);
    EXPECT_EQ(sequences, Expected(filter, 200, request.order)) << "case " << i;
    found += static_cast<int>(sequences.size());
  }
  EXPECT_GT(found, 1000);  // the cases are not all empty
}

TEST_F(ListTest, AFilterWithoutConditionsListsAll) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(journal_->List({}, {})->entries.empty());
  AppendMany(10);
  EXPECT_EQ(ListAll(*journal_, {}, {}).size(), 10u);
}

TEST_F(ListTest, APageEndsWhenItHasLookedAtManyEntries) {
  ASSERT_TRUE(Open().ok());
  constexpr int kEntries = EntryReader::kMaxRowsPerPage + 500;
  std::vector<NewEntry> entries(kEntries, MakeEntry(1));
  for (NewEntry& entry : entries) entry.payload.assign(1, 'x');
  entries.back().key.atom_count = 1'000'000;
  ASSERT_TRUE(journal_->AppendBatch(entries).ok());
  // No index helps here, and for the times there are too many entries.
  EntryFilter filter;
  filter.min_atom_count = 1'000'000;
  for (const bool timed : {false, true}) {
    if (timed) filter.acquired_from = absl::UnixEpoch();
    const auto first = journal_->List(filter, {});
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_TRUE(first->entries.empty());
    EXPECT_EQ(first->cursor, EntryReader::kMaxRowsPerPage);
    const auto second = journal_->List(filter, {.cursor = first->cursor});
    ASSERT_EQ(second->entries.size(), 1u);
    EXPECT_EQ(second->entries[0].sequence, kEntries);
    EXPECT_EQ(second->cursor, 0);
  }
}

TEST_F(ListTest, BadRequestsAreNamed) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->List({}, {.cursor = -1}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->List({}, {.max_entries = 0}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->List({}, {.max_bytes = 0}).status()));
}

}  // namespace
}  // namespace atomstream
