#include "server/delivery/result_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/feed_reader.h"
#include "tests/server/delivery/delivery_fixture.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr DeliveryPolicy kPolicies[] = {DeliveryPolicy::kLatest, DeliveryPolicy::kQueue,
                                        DeliveryPolicy::kLossless};

// "3" for a result, "4-7:2" for a gap from 4 to 7 with 2 results, "v5" for settings, "end".
std::string NextText(FeedReader& reader) {
  const std::optional<HubEvent> event = reader.Next();
  if (!event) return *reader.end() == FeedEnd::kClosed ? "end" : "store failed";
  if (const Gap* gap = std::get_if<Gap>(&*event)) {
    return absl::StrCat(gap->first_sequence, "-", gap->last_sequence, ":", gap->results);
  }
  if (const SettingsChangePtr* change = std::get_if<SettingsChangePtr>(&*event)) {
    return absl::StrCat("v", (*change)->settings.version);
  }
  if (std::holds_alternative<SourceStatus>(*event)) return "source";
  return absl::StrCat(std::get<StoredResultPtr>(*event)->position.sequence);
}

std::vector<std::string> Texts(FeedReader& reader, int events) {
  std::vector<std::string> texts;
  for (int i = 0; i < events; ++i) texts.push_back(NextText(reader));
  return texts;
}

// From first to last, and then `more`.
std::vector<std::string> Numbers(int first, int last, std::vector<std::string> more = {}) {
  std::vector<std::string> texts;
  for (int i = first; i <= last; ++i) texts.push_back(absl::StrCat(i));
  texts.insert(texts.end(), more.begin(), more.end());
  return texts;
}

class ResultFeedTest : public testing::Test {
 protected:
  const DeliveryMetrics::OfPolicy& Of(DeliveryPolicy policy) {
    return delivery_.metrics.delivery.Of(policy);
  }

  TestDelivery delivery_;
};

TEST_F(ResultFeedTest, ANewSubscriberGetsWhatIsNew) {
  delivery_.Publish(3);
  for (const DeliveryPolicy policy : kPolicies) {
    FeedReader reader(&delivery_.desk, Options(policy));
    const int64_t start = reader.feed().start_sequence();
    EXPECT_EQ(start, delivery_.store.range().newest);
    delivery_.Publish();
    EXPECT_EQ(NextText(reader), absl::StrCat(start + 1));
  }
  EXPECT_EQ(delivery_.store.reads(), 0);
}

TEST_F(ResultFeedTest, AResumedQueueGetsWhatItMissedAndThenWhatIsNew) {
  delivery_.Publish(200);
  for (const DeliveryPolicy policy : {DeliveryPolicy::kQueue, DeliveryPolicy::kLossless}) {
    FeedReader reader(&delivery_.desk, Options(policy, 20));
    const int newest = static_cast<int>(delivery_.store.range().newest);
    delivery_.Publish(10);
    EXPECT_EQ(Texts(reader, newest + 10 - 20), Numbers(21, newest + 10));
  }
  EXPECT_EQ(delivery_.metrics.delivery.subscriptions_resumed->value(), 2);
}

TEST_F(ResultFeedTest, WhatIsReadFromTheStoreIsPreparedBeforeItIsGiven) {
  delivery_.Publish(3);
  std::atomic<int64_t> prepared = 0;
  FeedOptions options = Options(DeliveryPolicy::kQueue, 1);
  options.on_read = [&](const StoredResult& result) { prepared = result.position.sequence; };
  FeedReader reader(&delivery_.desk, options);
  ASSERT_FALSE(reader.refused());
  for (int64_t sequence = 2; sequence <= 3; ++sequence) {
    const std::optional<HubEvent> event = reader.Next();
    ASSERT_TRUE(event && std::holds_alternative<StoredResultPtr>(*event));
    EXPECT_EQ(std::get<StoredResultPtr>(*event)->position.sequence, sequence);
    EXPECT_GE(prepared, sequence);
  }
  delivery_.Publish(1);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(prepared, 3);  // what was not read needs nothing
}

TEST_F(ResultFeedTest, AResumedQueueDeclaresWhatWasDroppedWhileItReadTheRest) {
  delivery_.Publish(10);
  FeedOptions options = Options(DeliveryPolicy::kQueue, 0);
  options.subscription.queue_size = 2;
  FeedReader reader(&delivery_.desk, options);
  delivery_.Publish(10);
  EXPECT_EQ(Texts(reader, 13), Numbers(1, 10, {"11-18:8", "19", "20"}));
}

TEST_F(ResultFeedTest, AResumedLatestGetsOneGapAndTheNewest) {
  delivery_.Publish(200);
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLatest, 20));
  EXPECT_THAT(Texts(reader, 2), ElementsAre("21-199:179", "200"));
  delivery_.Publish(1);
  EXPECT_EQ(NextText(reader), "201");
}

TEST_F(ResultFeedTest, AResumedLatestGetsNothingOldWhenSomethingNewIsThere) {
  delivery_.Publish(200);
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLatest, 20));
  EXPECT_FALSE(reader.TryNext().event.has_value());  // asks for a read
  delivery_.Publish(3);
  // The read may be done or not; what is given depends on no more than what is newest.
  EXPECT_THAT(Texts(reader, 2), ElementsAre("21-202:182", "203"));
}

TEST_F(ResultFeedTest, ALatestReaderThatIsAlwaysLateGetsResultsToo) {
  delivery_.Publish(1);
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLatest));
  // Each of its takes finds two results that were published since the one before.
  std::vector<std::string> texts;
  for (int i = 0; i < 4; ++i) {
    delivery_.Publish(2);
    texts.push_back(NextText(reader));
  }
  EXPECT_THAT(texts, ElementsAre("2-2:1", "3", "4-6:3", "7"));
}

TEST_F(ResultFeedTest, WhoResumesAtTheNewestMissesNothingAndReadsNothing) {
  delivery_.Publish(5);
  for (const DeliveryPolicy policy : kPolicies) {
    const auto newest = static_cast<int>(delivery_.store.range().newest);
    FeedReader reader(&delivery_.desk, Options(policy, newest));
    EXPECT_FALSE(reader.TryNext().event.has_value());
    delivery_.Publish();
    EXPECT_EQ(NextText(reader), absl::StrCat(newest + 1));
  }
  EXPECT_EQ(delivery_.store.reads(), 0);
}

TEST_F(ResultFeedTest, AResumedSubscriberOfOneDetectorIsToldOfItsOwnResultsOnly) {
  for (int i = 0; i < 10; ++i) {
    delivery_.Publish(1, DetectorKind::kLogStar);
    delivery_.Publish(1, DetectorKind::kUnet);
  }
  FeedReader latest(&delivery_.desk, Options(DeliveryPolicy::kLatest, 4, {DetectorKind::kLogStar}));
  EXPECT_THAT(Texts(latest, 2), ElementsAre("5-18:7", "19"));
  FeedReader lossless(&delivery_.desk,
                      Options(DeliveryPolicy::kLossless, 16, {DetectorKind::kUnet}));
  EXPECT_THAT(Texts(lossless, 2), ElementsAre("18", "20"));
}

TEST_F(ResultFeedTest, AStalledLosslessReaderLosesNothing) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  delivery_.Publish(1000);
  EXPECT_EQ(Texts(reader, 500), Numbers(1, 500));
  delivery_.Publish(500);
  EXPECT_EQ(Texts(reader, 1000), Numbers(501, 1500));
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).gaps->value(), 0);
  EXPECT_EQ(delivery_.metrics.results_dropped_mailbox->value(), 0);
}

TEST_F(ResultFeedTest, AStalledLosslessReaderHoldsOneReadAtMost) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  std::vector<StoredResultPtr> results;
  for (int i = 0; i < 1000; ++i) {
    results.push_back(delivery_.store.Add(DetectorKind::kLogStar, 40'000));
    delivery_.hub.Publish(results.back());
  }
  EXPECT_EQ(NextText(reader), "1");
  for (int i = 0; i < 1000; ++i) {
    results.push_back(delivery_.store.Add(DetectorKind::kLogStar, 40'000));
    delivery_.hub.Publish(results.back());
  }
  int64_t held = 0;
  for (const StoredResultPtr& result : results) {
    if (result.use_count() > 2) held += result->bytes();  // beside the store and this list
  }
  EXPECT_GT(held, 0);
  EXPECT_LE(held, ResultFeed::kReadBound.max_bytes + SubscriptionOptions::kLiveBytes);
}

TEST_F(ResultFeedTest, ALosslessReaderThatKeepsUpReadsNothingFromTheStore) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  for (int i = 1; i <= 100; ++i) {
    delivery_.Publish();
    EXPECT_EQ(NextText(reader), absl::StrCat(i));
  }
  EXPECT_EQ(delivery_.store.reads(), 0);
}

TEST_F(ResultFeedTest, WhatTheStoreForgotIsDeclared) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  delivery_.Publish(100);
  delivery_.store.ForgetBefore(41);
  EXPECT_EQ(NextText(reader), "1-40:40");
  EXPECT_EQ(Texts(reader, 60), Numbers(41, 100));
}

TEST_F(ResultFeedTest, AGapOfOneDetectorThatTheStoreForgotIsExact) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless, {}, {DetectorKind::kUnet}));
  for (int i = 0; i < 50; ++i) {
    delivery_.Publish(1, DetectorKind::kLogStar);
    delivery_.Publish(1, DetectorKind::kUnet);
  }
  delivery_.store.ForgetBefore(91);
  const std::optional<HubEvent> event = reader.Next();
  EXPECT_EQ(std::get<Gap>(*event).results, 45);
  EXPECT_THAT(Texts(reader, 5), ElementsAre("92", "94", "96", "98", "100"));
}

TEST_F(ResultFeedTest, ALostResultIsDeclaredToAnyPolicyThatReadsIt) {
  delivery_.Publish(3);
  delivery_.store.Lose(2);
  for (const DeliveryPolicy policy : {DeliveryPolicy::kQueue, DeliveryPolicy::kLossless}) {
    FeedReader reader(&delivery_.desk, Options(policy, 0));
    EXPECT_THAT(Texts(reader, 3), ElementsAre("1", "2-2:1", "3"));
  }
}

TEST_F(ResultFeedTest, ResumingIsRefusedWhereItCannotBeExact) {
  delivery_.Publish(100);
  delivery_.store.ForgetBefore(11);
  const auto refusal = [&](const std::string& epoch, int64_t sequence) {
    FeedOptions options = Options(DeliveryPolicy::kLossless);
    options.resume_after = ResultPosition{epoch, sequence};
    return delivery_.desk.Open(options, [] {}).status();
  };
  for (const auto& [epoch, sequence, why] :
       std::vector<std::tuple<std::string, int64_t, std::string>>{
           {"another", 50, "the store's epoch is epoch"},
           {"", 50, "the store's epoch is epoch"},
           {"epoch", 101, "the newest result is 100"},
           {"epoch", -1, "the newest result is 100"},
           {"epoch", 9, "the oldest result that is still kept is 11"},
           {"", 0, "the oldest result that is still kept is 11"}}) {
    EXPECT_TRUE(absl::IsOutOfRange(refusal(epoch, sequence))) << epoch << sequence;
    EXPECT_THAT(std::string(refusal(epoch, sequence).message()), HasSubstr(why));
  }
  EXPECT_TRUE(refusal("epoch", 10).ok());
  EXPECT_TRUE(refusal("epoch", 100).ok());
  EXPECT_EQ(delivery_.hub.subscribers(), 0);
}

TEST_F(ResultFeedTest, TheBeginningNeedsNoEpoch) {
  delivery_.Publish(2);
  FeedOptions options = Options(DeliveryPolicy::kQueue);
  options.resume_after = ResultPosition{"", 0};
  FeedReader reader(&delivery_.desk, options);
  EXPECT_THAT(Texts(reader, 2), ElementsAre("1", "2"));
}

TEST(ResultFeedRestartTest, ResultsOfAnEarlierLifeOfTheDaemonCanBeResumed) {
  TestDelivery delivery(/*before=*/20);
  FeedReader fresh(&delivery.desk, Options(DeliveryPolicy::kQueue));
  EXPECT_EQ(fresh.feed().start_sequence(), 20);
  FeedReader resumed(&delivery.desk, Options(DeliveryPolicy::kQueue, 18));
  delivery.Publish();
  EXPECT_EQ(NextText(fresh), "21");
  EXPECT_THAT(Texts(resumed, 3), ElementsAre("19", "20", "21"));
}

// It was found in the history before the hub published it.
TEST_F(ResultFeedTest, AResultThatIsStoredButNotYetPublishedIsNotGivenTwice) {
  delivery_.Publish(4);
  for (const DeliveryPolicy policy : kPolicies) {
    const StoredResultPtr seen = delivery_.store.Add();
    FeedReader reader(&delivery_.desk, Options(policy, seen->position.sequence));
    delivery_.hub.Publish(seen);
    EXPECT_FALSE(reader.TryNext().event.has_value());
    delivery_.Publish();
    EXPECT_EQ(NextText(reader), absl::StrCat(seen->position.sequence + 1));
  }
}

TEST_F(ResultFeedTest, AStoreThatCannotBeReadEndsTheFeed) {
  delivery_.Publish(4);
  delivery_.store.SetBroken(true);
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kQueue, 1));
  EXPECT_EQ(NextText(reader), "store failed");
  EXPECT_EQ(delivery_.metrics.delivery.replay_reads_failed->value(), 1);
}

TEST_F(ResultFeedTest, ABrokenStoreDoesNotTouchThoseWhoKeepUp) {
  delivery_.store.SetBroken(true);
  for (const DeliveryPolicy policy : kPolicies) {
    FeedReader reader(&delivery_.desk, Options(policy));
    delivery_.Publish();
    EXPECT_EQ(NextText(reader), absl::StrCat(delivery_.store.range().newest));
  }
}

TEST_F(ResultFeedTest, AChangeOfSettingsComesBeforeTheResultsThatFollowIt) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  delivery_.Publish(100);
  EXPECT_EQ(Texts(reader, 50), Numbers(1, 50));
  auto change = std::make_shared<SettingsChange>();
  change->settings.version = 7;
  delivery_.hub.PublishSettings(change);
  delivery_.Publish(1);
  const std::vector<std::string> rest = Texts(reader, 52);
  EXPECT_EQ(rest.front(), "v7");
  EXPECT_EQ(rest.back(), "101");
}

TEST_F(ResultFeedTest, AtTheEndALosslessReaderStillGetsWhatIsInTheStore) {
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  delivery_.Publish(300);
  delivery_.hub.Close();
  EXPECT_EQ(Texts(reader, 301), Numbers(1, 300, {"end"}));
}

TEST_F(ResultFeedTest, GapsAndDeliveriesAreCountedByPolicy) {
  FeedReader queue(&delivery_.desk, Options(DeliveryPolicy::kQueue));
  FeedReader latest(&delivery_.desk, Options(DeliveryPolicy::kLatest));
  FeedReader lossless(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  for (const DeliveryPolicy policy : kPolicies) {
    EXPECT_EQ(Of(policy).subscribers->value(), 1);
  }
  delivery_.Publish(65);  // the queue holds 64
  delivery_.hub.ShowAge();
  for (const DeliveryPolicy policy : kPolicies) EXPECT_EQ(Of(policy).backlog->value(), 65);
  delivery_.hub.Close();
  Texts(queue, 66);
  Texts(latest, 3);
  Texts(lossless, 66);
  EXPECT_EQ(Of(DeliveryPolicy::kQueue).results_delivered->value(), 64);
  EXPECT_EQ(Of(DeliveryPolicy::kQueue).gaps->value(), 1);
  EXPECT_EQ(Of(DeliveryPolicy::kQueue).gap_results->value(), 1);
  EXPECT_EQ(Of(DeliveryPolicy::kLatest).results_delivered->value(), 1);
  EXPECT_EQ(Of(DeliveryPolicy::kLatest).gap_results->value(), 64);
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).results_delivered->value(), 65);
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).gaps->value(), 0);
}

TEST_F(ResultFeedTest, TheBacklogIsThatOfTheOneFurthestBehind) {
  FeedReader behind(&delivery_.desk, Options(DeliveryPolicy::kLossless));
  delivery_.Publish(10);
  FeedReader resumed(&delivery_.desk, Options(DeliveryPolicy::kLossless, 9));
  EXPECT_EQ(Texts(resumed, 1), Numbers(10, 10));
  delivery_.Publish(1);
  delivery_.hub.ShowAge();
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).backlog->value(), 11);
  Texts(behind, 11);
  // Nothing is published any more, as at night.
  delivery_.hub.ShowAge();
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).backlog->value(), 1);  // of `resumed`
  Texts(resumed, 1);
  delivery_.hub.ShowAge();
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).backlog->value(), 0);
}

TEST_F(ResultFeedTest, TheBacklogIsThatOfTheOneFurthestBehindWhateverItWants) {
  FeedReader behind(&delivery_.desk, Options(DeliveryPolicy::kLossless, {}, {DetectorKind::kUnet}));
  FeedReader quick(&delivery_.desk,
                   Options(DeliveryPolicy::kLossless, {}, {DetectorKind::kLogStar}));
  delivery_.Publish(10, DetectorKind::kUnet);
  delivery_.Publish(1, DetectorKind::kLogStar);
  Texts(quick, 1);
  delivery_.hub.ShowAge();
  EXPECT_EQ(Of(DeliveryPolicy::kLossless).backlog->value(), 10);
}

TEST_F(ResultFeedTest, OneThatIsDestroyedWhileTheStoreIsReadDisturbsNobody) {
  delivery_.Publish(1000);
  for (int i = 0; i < 200; ++i) {
    FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless, i));
    reader.TryNext();
  }
  FeedReader reader(&delivery_.desk, Options(DeliveryPolicy::kLossless, 0));
  EXPECT_EQ(Texts(reader, 1000), Numbers(1, 1000));
}

}  // namespace
}  // namespace atomstream
