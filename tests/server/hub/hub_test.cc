#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "server/hub/result_hub.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/hub_reader.h"
#include "tests/fakes/stored_results.h"

namespace atomstream {
namespace {

int64_t SequenceOf(const HubEvent& event) {
  return std::get<StoredResultPtr>(event)->position.sequence;
}

SettingsChangePtr Change(int64_t version) {
  auto change = std::make_shared<SettingsChange>();
  change->settings.version = version;
  return change;
}

// Checks that gaps and results follow one another without hole or overlap.
class Books {
 public:
  explicit Books(int64_t start) : next_(start + 1) {}

  void Enter(const HubEvent& event) {
    if (const Gap* gap = std::get_if<Gap>(&event)) {
      EXPECT_EQ(gap->first_sequence, next_);
      EXPECT_GE(gap->last_sequence, gap->first_sequence);
      EXPECT_EQ(gap->results, gap->last_sequence - gap->first_sequence + 1);
      declared_ += gap->last_sequence - gap->first_sequence + 1;
      next_ = gap->last_sequence + 1;
    } else if (std::holds_alternative<StoredResultPtr>(event)) {
      EXPECT_EQ(SequenceOf(event), next_);
      ++received_;
      ++next_;
    }
  }

  int64_t last() const { return next_ - 1; }
  int64_t received() const { return received_; }
  int64_t declared() const { return declared_; }

 private:
  int64_t next_;
  int64_t received_ = 0;
  int64_t declared_ = 0;
};

class ResultHubTest : public testing::Test {
 protected:
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  FakeClock clock_;
  ResultHub hub_{3, &clock_, &metrics_};
};

TEST_F(ResultHubTest, ASubscriptionBeginsAfterTheNewestResult) {
  hub_.Publish(MakeStored(1));
  hub_.Publish(MakeStored(2));
  HubReader reader(&hub_);
  EXPECT_EQ(reader.subscription().start_sequence(), 2);
  hub_.Publish(MakeStored(3));
  EXPECT_EQ(reader.NextStored()->position.sequence, 3);
}

TEST_F(ResultHubTest, TellsHowLongResultsWaitedInAMailbox) {
  HubReader reader(&hub_, {.policy = DeliveryPolicy::kQueue, .queue_size = 2});
  for (int64_t i = 1; i <= 3; ++i) {
    hub_.Publish(MakeStored(i));
    clock_.Advance(absl::Seconds(1));
  }
  const Histogram& wait = *metrics_.delivery.Of(DeliveryPolicy::kQueue).wait;
  EXPECT_TRUE(std::holds_alternative<Gap>(*reader.Next()));  // result 1 was dropped
  EXPECT_EQ(wait.count(), 0u);
  EXPECT_EQ(SequenceOf(*reader.Next()), 2);
  EXPECT_EQ(SequenceOf(*reader.Next()), 3);
  EXPECT_EQ(wait.count(), 2u);
  EXPECT_DOUBLE_EQ(wait.snapshot().sum, 3);  // 2 s, and 1 s
}

TEST_F(ResultHubTest, ResultsOfOtherDetectorsAreNeitherDeliveredNorALoss) {
  HubReader reader(
      &hub_,
      {.policy = DeliveryPolicy::kQueue, .queue_size = 2, .detectors = {DetectorKind::kUnet}});
  for (int64_t i = 1; i <= 9; i += 2) {
    hub_.Publish(MakeStored(i));
    hub_.Publish(MakeStored(i + 1, DetectorKind::kUnet));
  }
  // Of 2, 4, 6, 8, 10 two wait. Only the three that were wanted count as lost.
  const Gap gap = std::get<Gap>(*reader.Next());
  EXPECT_EQ(gap.first_sequence, 2);
  EXPECT_EQ(gap.last_sequence, 6);
  EXPECT_EQ(gap.results, 3);
  EXPECT_EQ(reader.NextStored()->position.sequence, 8);
  EXPECT_EQ(reader.NextStored()->position.sequence, 10);
  hub_.Publish(MakeStored(11));
  hub_.Publish(MakeStored(12, DetectorKind::kUnet));
  EXPECT_EQ(SequenceOf(*reader.Next()), 12);  // no gap over 11
  EXPECT_EQ(metrics_.results_dropped_mailbox->value(), 3);
}

TEST_F(ResultHubTest, EverySubscriberGetsTheSameObject) {
  HubReader a(&hub_), b(&hub_);
  const StoredResultPtr result = MakeStored(1);
  hub_.Publish(result);
  EXPECT_EQ(a.NextStored(), result);
  EXPECT_EQ(b.NextStored(), result);
}

TEST_F(ResultHubTest, ANewSubscriberFirstHearsOfTheSource) {
  SourceStatus status;
  status.state = SourceState::kStreaming;
  status.description = "somewhere";
  hub_.PublishSource(status);
  HubReader reader(&hub_);
  EXPECT_EQ(std::get<SourceStatus>(*reader.Next()).description, "somewhere");
}

TEST_F(ResultHubTest, RefusesBadOptionsTooManySubscribersAndTheEnd) {
  for (const int size : {0, -1, 1025}) {
    const auto refused = hub_.Subscribe({.policy = DeliveryPolicy::kQueue, .queue_size = size}, {});
    EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
  }
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 3; ++i) subscriptions.push_back(*hub_.Subscribe({}, {}));
  EXPECT_TRUE(absl::IsResourceExhausted(hub_.Subscribe({}, {}).status()));
  subscriptions.pop_back();
  EXPECT_EQ(hub_.subscribers(), 2);
  EXPECT_TRUE(hub_.Subscribe({}, {}).ok());
  hub_.Close();
  EXPECT_TRUE(absl::IsUnavailable(hub_.Subscribe({}, {}).status()));
}

TEST_F(ResultHubTest, DropsAndDepthsAreCounted) {
  auto slow = *hub_.Subscribe({.policy = DeliveryPolicy::kQueue, .queue_size = 2}, {});
  for (int i = 1; i <= 5; ++i) hub_.Publish(MakeStored(i));
  EXPECT_EQ(metrics_.results_dropped_mailbox->value(), 3);
  EXPECT_EQ(metrics_.mailbox_results->value(), 2);
  EXPECT_EQ(metrics_.delivery.Of(DeliveryPolicy::kQueue).subscribers->value(), 1);
  ASSERT_TRUE(slow->Take().has_value());  // the gap
  ASSERT_TRUE(slow->Take().has_value());
  EXPECT_EQ(metrics_.mailbox_results->value(), 1);
  slow.reset();
  EXPECT_EQ(metrics_.mailbox_results->value(), 0);
  EXPECT_EQ(metrics_.delivery.Of(DeliveryPolicy::kQueue).subscribers->value(), 0);
}

TEST_F(ResultHubTest, TheAgeIsThatOfTheOldestUnreadResultOfAnySubscriber) {
  Gauge& age = *metrics_.queue_ages.mailboxes;
  HubReader slow(&hub_, {.policy = DeliveryPolicy::kQueue, .queue_size = 8});
  hub_.Publish(MakeStored(1));
  clock_.Advance(absl::Seconds(2));
  HubReader quick(&hub_, {.policy = DeliveryPolicy::kQueue, .queue_size = 8});
  hub_.Publish(MakeStored(2));
  quick.NextStored();
  clock_.Advance(absl::Seconds(3));
  hub_.ShowAge();
  EXPECT_DOUBLE_EQ(age.value(), 5);
  // Nothing happens, and it goes on growing.
  clock_.Advance(absl::Seconds(1));
  hub_.ShowAge();
  EXPECT_DOUBLE_EQ(age.value(), 6);
  slow.NextStored();
  hub_.ShowAge();
  EXPECT_DOUBLE_EQ(age.value(), 4);
  slow.NextStored();
  hub_.ShowAge();
  EXPECT_DOUBLE_EQ(age.value(), 0);
}

TEST_F(ResultHubTest, TheHookMayTakeFromItsOwnSubscription) {
  // Were a lock held during the hook, this would deadlock.
  std::unique_ptr<Subscription> subscription;
  std::vector<int64_t> taken;
  subscription = *hub_.Subscribe({}, [&] {
    while (auto event = subscription->Take()) taken.push_back(SequenceOf(*event));
    EXPECT_EQ(hub_.subscribers(), 1);
  });
  EXPECT_FALSE(subscription->Take().has_value());
  hub_.Publish(MakeStored(1));
  hub_.Publish(MakeStored(2));
  EXPECT_EQ(taken, (std::vector<int64_t>{1, 2}));
}

TEST_F(ResultHubTest, ASubscriptionMayOutliveTheHub) {
  auto hub = std::make_unique<ResultHub>(1, &clock_, &metrics_);
  auto subscription = *hub->Subscribe({}, {});
  hub->Publish(MakeStored(1));
  hub.reset();
  EXPECT_TRUE(subscription->closed());
  EXPECT_EQ(SequenceOf(*subscription->Take()), 1);
  EXPECT_FALSE(subscription->Take().has_value());
}

struct PolicyCase {
  DeliveryPolicy policy;
  int queue_size;
  int reads_between_pauses;  // how often the reader lets the publisher run ahead
};

class SlowAndFastReadersTest : public testing::TestWithParam<PolicyCase> {};

// The law of every mailbox: received + declared = published, in order, whatever the pace.
TEST_P(SlowAndFastReadersTest, ReceivedAndDeclaredAreExactlyThePublished) {
  constexpr int64_t kResults = 20'000;
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  const FakeClock clock;
  ResultHub hub(8, &clock, &metrics);
  constexpr int kReaders = 4;
  std::vector<std::unique_ptr<HubReader>> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(std::make_unique<HubReader>(
        &hub,
        SubscriptionOptions{.policy = GetParam().policy, .queue_size = GetParam().queue_size}));
  }
  std::atomic<int64_t> received = 0, declared = 0;
  std::vector<std::thread> threads;
  for (auto& reader : readers) {
    threads.emplace_back([&, reader = reader.get()] {
      Books books(0);
      int reads = 0;
      while (auto event = reader->Next()) {
        books.Enter(*event);
        if (++reads % GetParam().reads_between_pauses == 0) std::this_thread::yield();
      }
      EXPECT_EQ(books.received() + books.declared(), kResults);
      received += books.received();
      declared += books.declared();
    });
  }
  for (int64_t i = 1; i <= kResults; ++i) hub.Publish(MakeStored(i));
  hub.Close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(received + declared, kResults * kReaders);
  EXPECT_EQ(metrics.results_dropped_mailbox->value(), declared);
}

INSTANTIATE_TEST_SUITE_P(Policies, SlowAndFastReadersTest,
                         testing::Values(PolicyCase{DeliveryPolicy::kLatest, 1, 1},
                                         PolicyCase{DeliveryPolicy::kLatest, 1, 1000},
                                         PolicyCase{DeliveryPolicy::kQueue, 1, 7},
                                         PolicyCase{DeliveryPolicy::kQueue, 3, 1},
                                         PolicyCase{DeliveryPolicy::kQueue, 64, 1},
                                         PolicyCase{DeliveryPolicy::kQueue, 64, 1000},
                                         PolicyCase{DeliveryPolicy::kQueue, 1024, 100}));

// A subscriber with a policy, a pace and a length of stay that `seed` decides. Adds the results
// that it was told it lost to `declared`.
void VisitAtRandom(ResultHub& hub, uint64_t seed, std::atomic<int64_t>& declared) {
  std::mt19937_64 random(seed);
  const auto up_to = [&](int limit) {
    return std::uniform_int_distribution<int>(1, limit)(random);
  };
  SubscriptionOptions options;
  options.policy = up_to(2) == 1 ? DeliveryPolicy::kLatest : DeliveryPolicy::kQueue;
  options.queue_size = up_to(16);
  HubReader reader(&hub, options);
  if (reader.refused()) return;  // closed meanwhile
  Books books(reader.subscription().start_sequence());
  const int reads = up_to(4) == 1 ? std::numeric_limits<int>::max() : up_to(400);
  const int burst = up_to(50), pause = up_to(100);
  for (int i = 0; i < reads; ++i) {
    const auto event = reader.Next();
    if (!event) break;
    books.Enter(*event);
    for (int j = 0; i % burst == 0 && j < pause; ++j) std::this_thread::yield();
  }
  declared += books.declared();
  EXPECT_EQ(books.received() + books.declared(),
            books.last() - reader.subscription().start_sequence());
}

class RandomVisitorsTest : public testing::TestWithParam<uint64_t> {};

TEST_P(RandomVisitorsTest, EveryOneReceivesOrIsToldOfAllThatWasPublishedDuringItsStay) {
  constexpr int kThreads = 4;
  constexpr int64_t kResults = 10'000;
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  const FakeClock clock;
  ResultHub hub(kThreads + 1, &clock, &metrics);
  std::atomic<int64_t> declared = 0;
  HubReader stays(&hub, {.policy = DeliveryPolicy::kQueue, .queue_size = 1});
  std::atomic<bool> published = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (uint64_t visit = 0; !published; ++visit) {
        VisitAtRandom(hub, GetParam() + kThreads * visit + i, declared);
      }
    });
  }
  for (int64_t i = 1; i <= kResults; ++i) {
    hub.Publish(MakeStored(i));
    if (i % 16 == 0) std::this_thread::yield();
  }
  published = true;
  hub.Close();
  for (std::thread& thread : threads) thread.join();
  // Who stays to the end without reading is told of all but the last.
  Books books(0);
  while (const auto event = stays.Next()) books.Enter(*event);
  EXPECT_EQ(books.received(), 1);
  EXPECT_EQ(books.declared(), kResults - 1);
  // What a leaving one had not been told of yet is counted as dropped, too.
  EXPECT_GE(metrics.results_dropped_mailbox->value(), declared + books.declared());
  EXPECT_EQ(metrics.mailbox_results->value(), 0);
  EXPECT_EQ(hub.subscribers(), 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomVisitorsTest, testing::Values(1, 1001, 2001));

TEST(ResultHubStressTest, SubscribersComeAndGoWhileResultsAreWritten) {
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  const FakeClock clock;
  ResultHub hub(64, &clock, &metrics);
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        HubReader reader(&hub, {.policy = DeliveryPolicy::kQueue, .queue_size = 4});
        if (reader.refused()) return;  // closed meanwhile
        Books books(reader.subscription().start_sequence());
        for (int reads = 0; reads < 20; ++reads) {
          const auto event = reader.Next();
          if (!event) return;
          books.Enter(*event);
        }
      }
    });
  }
  int64_t sequence = 0;
  while (sequence < 20'000) hub.Publish(MakeStored(++sequence));
  stop = true;
  hub.Close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(hub.subscribers(), 0);
  EXPECT_EQ(metrics.mailbox_results->value(), 0);
}

TEST(ResultHubSettingsTest, EverySubscriberHearsOfChangesWhateverDetectorItWants) {
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  const FakeClock clock;
  ResultHub hub(4, &clock, &metrics);
  HubReader all(&hub);
  HubReader unet(&hub, {.detectors = {DetectorKind::kUnet}});
  hub.PublishSettings(Change(2));
  for (HubReader* reader : {&all, &unet}) {
    EXPECT_EQ(std::get<SettingsChangePtr>(*reader->Next())->settings.version, 2);
  }
}

}  // namespace
}  // namespace atomstream
