#include "server/delivery/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/fakes/scripted_store.h"

namespace atomstream {
namespace {

using testing::ElementsAre;

constexpr DetectorSet kAll = DetectorSet::All();
constexpr DetectorSet kUnetOnly = {DetectorKind::kUnet};
constexpr ReadBound kBound = {.max_results = 4, .max_bytes = 1 << 20};

// "3" for a result, "4-7:2" for a gap from 4 to 7 with 2 results.
std::string Text(const HubEvent& event) {
  if (const Gap* gap = std::get_if<Gap>(&event)) {
    return absl::StrCat(gap->first_sequence, "-", gap->last_sequence, ":", gap->results);
  }
  return absl::StrCat(std::get<StoredResultPtr>(event)->position.sequence);
}

std::vector<std::string> Texts(const std::deque<HubEvent>& events) {
  std::vector<std::string> texts;
  for (const HubEvent& event : events) texts.push_back(Text(event));
  return texts;
}

// Reads a range to its end.
std::vector<std::string> ReadAll(const ResultStore& store, std::optional<Replay> replay,
                                 DetectorSet wanted) {
  std::vector<std::string> texts;
  while (replay) {
    const absl::StatusOr<ReplayPiece> piece = ReadNext(store, *replay, wanted, kBound);
    if (!piece.ok()) return {piece.status().ToString()};
    for (const std::string& text : Texts(piece->events)) texts.push_back(text);
    replay = piece->rest;
  }
  return texts;
}

class ReplayTest : public testing::Test {
 protected:
  ScriptedStore store_;
};

TEST_F(ReplayTest, GivesTheRangeAndNothingElse) {
  store_.Add(9);
  EXPECT_THAT(ReadAll(store_, Replay{2, 7, {}}, kAll), ElementsAre("2", "3", "4", "5", "6", "7"));
}

TEST_F(ReplayTest, APieceIsNoLargerThanItsBound) {
  for (int i = 0; i < 6; ++i) store_.Add(DetectorKind::kLogStar, 1000);
  const auto by_count = *ReadNext(store_, {1, 6, {}}, kAll, {.max_results = 2});
  EXPECT_THAT(Texts(by_count.events), ElementsAre("1", "2"));
  EXPECT_EQ(by_count.rest->next, 3);
  const auto by_bytes = *ReadNext(store_, {1, 6, {}}, kAll, {.max_bytes = 4000});
  EXPECT_LT(by_bytes.events.size(), 4u);
  const auto one = *ReadNext(store_, {1, 6, {}}, kAll, {.max_bytes = 10});
  EXPECT_THAT(Texts(one.events), ElementsAre("1"));
}

TEST_F(ReplayTest, WhatRetentionTookIsAGap) {
  store_.Add(9);
  store_.ForgetBefore(5);
  EXPECT_THAT(ReadAll(store_, Replay{2, 7, {}}, kAll), ElementsAre("2-4:3", "5", "6", "7"));
  store_.ForgetBefore(9);
  EXPECT_THAT(ReadAll(store_, Replay{2, 7, {}}, kAll), ElementsAre("2-7:6"));
}

TEST_F(ReplayTest, RetentionMayOvertakeBetweenTwoPieces) {
  store_.Add(20);
  auto piece = *ReadNext(store_, {1, 18, {}}, kAll, kBound);
  EXPECT_THAT(Texts(piece.events), ElementsAre("1", "2", "3", "4"));
  store_.ForgetBefore(10);
  piece = *ReadNext(store_, *piece.rest, kAll, kBound);
  EXPECT_THAT(Texts(piece.events), ElementsAre("5-9:5"));
  EXPECT_EQ(piece.rest->next, 10);
  EXPECT_EQ(piece.rest->wanted, 9);
}

TEST_F(ReplayTest, LostResultsAreGaps) {
  store_.Add(9);
  for (const int64_t sequence : {2, 4, 5, 9}) store_.Lose(sequence);
  EXPECT_THAT(ReadAll(store_, Replay{1, 9, {}}, kAll),
              ElementsAre("1", "2-2:1", "3", "4-4:1", "5-5:1", "6", "7", "8", "9-9:1"));
}

TEST_F(ReplayTest, ResultsOfOtherDetectorsAreNeitherGivenNorDeclared) {
  for (int i = 0; i < 6; ++i) {
    store_.Add(DetectorKind::kLogStar);
    store_.Add(DetectorKind::kUnet);
  }
  EXPECT_THAT(ReadAll(store_, Replay{1, 12, {}}, kUnetOnly),
              ElementsAre("2", "4", "6", "8", "10", "12"));
  store_.Lose(5);
  store_.Lose(6);
  EXPECT_THAT(ReadAll(store_, Replay{1, 12, {}}, kUnetOnly),
              ElementsAre("2", "4", "6-6:1", "8", "10", "12"));
}

TEST_F(ReplayTest, WhatWasCountedBeforeItWasForgottenIsDeclaredExactly) {
  for (int i = 0; i < 6; ++i) {
    store_.Add(DetectorKind::kLogStar);
    store_.Add(DetectorKind::kUnet);
  }
  // Counted, when the range began: 6, of which 2 lie before 5.
  store_.ForgetBefore(5);
  EXPECT_THAT(ReadAll(store_, Replay{1, 12, 6}, kUnetOnly),
              ElementsAre("1-4:2", "6", "8", "10", "12"));
}

TEST_F(ReplayTest, WhatWasForgottenBeforeItWasCountedCountsAsWanted) {
  for (int i = 0; i < 6; ++i) {
    store_.Add(DetectorKind::kLogStar);
    store_.Add(DetectorKind::kUnet);
  }
  store_.ForgetBefore(5);
  EXPECT_EQ(*CountWanted(store_, 1, 12, kUnetOnly), 4 + 4);
  EXPECT_THAT(ReadAll(store_, Replay{1, 12, {}}, kUnetOnly),
              ElementsAre("1-4:4", "6", "8", "10", "12"));
}

TEST_F(ReplayTest, ALostResultOfAnUnknownDetectorIsDeclared) {
  store_.Add(DetectorKind::kUnet);
  store_.Add(DetectorKind::kUnet);
  store_.Lose(1, /*with_detector=*/false);
  EXPECT_THAT(ReadAll(store_, Replay{1, 2, {}}, kUnetOnly), ElementsAre("1-1:1", "2"));
}

TEST_F(ReplayTest, AStoreThatCannotBeReadIsAnErrorAndNoGap) {
  store_.Add(3);
  store_.SetBroken(true);
  EXPECT_TRUE(absl::IsUnavailable(ReadNext(store_, {1, 3, {}}, kAll, kBound).status()));
  EXPECT_TRUE(absl::IsUnavailable(ReadNewest(store_, {1, 3, {}}, kAll).status()));
}

TEST_F(ReplayTest, AResultThatWasPublishedAndIsNotThereIsAnError) {
  store_.Add(3);
  EXPECT_TRUE(absl::IsInternal(ReadNext(store_, {4, 5, {}}, kAll, kBound).status()));
}

class NewestTest : public ReplayTest {
 protected:
  std::vector<std::string> Newest(Replay replay, DetectorSet wanted = kAll) {
    const absl::StatusOr<ReplayPiece> piece = ReadNewest(store_, replay, wanted);
    if (!piece.ok()) return {piece.status().ToString()};
    EXPECT_FALSE(piece->rest.has_value());
    return Texts(piece->events);
  }
};

TEST_F(NewestTest, IsBehindOneGapForTheRest) {
  store_.Add(100);
  EXPECT_THAT(Newest({11, 90, {}}), ElementsAre("11-89:79", "90"));
  EXPECT_THAT(Newest({90, 90, {}}), ElementsAre("90"));
  EXPECT_LE(store_.reads(), 2);
}

TEST_F(NewestTest, IsTheNewestOfAWantedDetector) {
  store_.Add(30);
  store_.Add(DetectorKind::kUnet);  // 31
  store_.Add(DetectorKind::kUnet);  // 32
  store_.Add(30);
  EXPECT_THAT(Newest({5, 60, {}}, kUnetOnly), ElementsAre("5-31:1", "32"));
  EXPECT_THAT(Newest({32, 60, {}}, kUnetOnly), ElementsAre("32"));
  EXPECT_THAT(Newest({33, 60, {}}, kUnetOnly), ElementsAre());
  EXPECT_THAT(Newest({1, 31, {}}, kUnetOnly), ElementsAre("31"));
}

TEST_F(NewestTest, ThatWasLostOrForgottenLeavesAGapOverAll) {
  store_.Add(10);
  store_.Lose(8);
  EXPECT_THAT(Newest({3, 8, {}}), ElementsAre("3-8:6"));
  store_.ForgetBefore(9);
  EXPECT_THAT(Newest({3, 7, {}}), ElementsAre("3-7:5"));
  EXPECT_THAT(Newest({3, 7, 2}, kUnetOnly), ElementsAre("3-7:2"));
}

}  // namespace
}  // namespace atomstream
