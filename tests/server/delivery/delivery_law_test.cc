// Received + declared in gaps = published, exactly, whatever the policy and whatever the pace.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server/store/memory_store.h"
#include "tests/fakes/feed_reader.h"
#include "tests/server/delivery/delivery_fixture.h"

namespace atomstream {
namespace {

constexpr int64_t kResults = 100'000;

// How far the publisher is.
class Progress {
 public:
  void Set(int64_t published) {
    MutexLock lock(&mutex_);
    published_ = published;
    changed_.NotifyAll();
  }
  // Until so many results are published, or all.
  void WaitFor(int64_t published) {
    MutexLock lock(&mutex_);
    while (published_ < std::min(published, kResults)) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int64_t published_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One subscriber's account. Without holes or overlaps where all detectors are wanted.
class Account {
 public:
  explicit Account(bool all_detectors) : all_detectors_(all_detectors) {}

  void Enter(const HubEvent& event) {
    if (const Gap* gap = std::get_if<Gap>(&event)) {
      Advance(gap->first_sequence, gap->last_sequence);
      if (all_detectors_) {
        EXPECT_EQ(gap->results, gap->last_sequence - gap->first_sequence + 1);
      }
      declared_ += gap->results;
    } else if (const StoredResultPtr* result = std::get_if<StoredResultPtr>(&event)) {
      Advance((*result)->position.sequence, (*result)->position.sequence);
      EXPECT_EQ((*result)->encoded, absl::StrCat(last_));
      ++received_;
    }
  }

  int64_t last() const { return last_; }  // received or declared
  int64_t received() const { return received_; }
  int64_t declared() const { return declared_; }

 private:
  void Advance(int64_t first, int64_t last) {
    EXPECT_LE(first, last);
    if (all_detectors_) {
      EXPECT_EQ(first, last_ + 1);
    } else {
      EXPECT_GT(first, last_);
    }
    last_ = last;
  }

  const bool all_detectors_;
  int64_t last_ = 0;
  int64_t received_ = 0;
  int64_t declared_ = 0;
};

enum class Pace { kFast, kSlow, kReconnecting };

struct Case {
  DeliveryPolicy policy;
  Pace pace;
  DetectorSet detectors = DetectorSet::All();
  int kept = kResults;  // results that the store keeps
  std::string name;
};

std::string TinyEncoding(const FrameRecord& record) {
  return absl::StrCat(record.position.sequence);
}

class DeliveryLawTest : public testing::TestWithParam<Case> {
 protected:
  DeliveryLawTest()
      : store_(std::string(ScriptedStore::kEpoch), GetParam().kept, TinyEncoding),
        hub_(4, &clock_, &metrics_, 0),
        desk_({.hub = &hub_,
               .store = &store_,
               .metrics = &metrics_.delivery,
               .clock = &clock_,
               .steady_clock = &clock_}) {}

  void PublishAll() {
    for (int64_t i = 1; i <= kResults; ++i) {
      FrameRecord record;
      record.frame_id = absl::StrCat("frame-", i);
      record.detector = FailedDetector(i % 3 == 0 ? DetectorKind::kUnet : DetectorKind::kLogStar,
                                       absl::OkStatus());
      hub_.Publish(store_.Append(std::move(record))->stored);
      if (i % 16 == 0) progress_.Set(i);
    }
    progress_.Set(kResults);
  }

  // Reads to the last result, at the pace of the case.
  void Subscribe(std::unique_ptr<FeedReader> reader, Account& account) {
    std::mt19937_64 random(20260);
    const auto up_to = [&](int64_t limit) {
      return std::uniform_int_distribution<int64_t>(1, limit)(random);
    };
    int64_t until_pause = up_to(400);
    while (account.last() < LastWanted()) {
      const std::optional<HubEvent> event = reader->Next();
      ASSERT_TRUE(event.has_value());
      account.Enter(*event);
      if (GetParam().pace == Pace::kFast || --until_pause > 0) continue;
      // The publisher runs ahead, of a slow one farther than any mailbox reaches.
      if (GetParam().pace == Pace::kReconnecting) reader.reset();
      progress_.WaitFor(account.last() + up_to(3000));
      until_pause = up_to(400);
      if (reader != nullptr) continue;
      reader = std::make_unique<FeedReader>(&desk_, Resumed(account.last()));
      ASSERT_FALSE(reader->refused());
    }
  }

  bool AllDetectors() const { return GetParam().detectors == DetectorSet::All(); }
  // Every third result is the U-Net's.
  int64_t LastWanted() const { return AllDetectors() ? kResults : kResults / 3 * 3; }
  int64_t PublishedAndWanted() const { return AllDetectors() ? kResults : kResults / 3; }

  FeedOptions Resumed(int64_t after) const {
    return Options(GetParam().policy, after, GetParam().detectors);
  }

  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  FakeClock clock_;
  Progress progress_;
  MemoryStore store_;
  ResultHub hub_;
  DeliveryDesk desk_;
};

TEST_P(DeliveryLawTest, ReceivedAndDeclaredAreExactlyThePublished) {
  Account account(AllDetectors());
  auto reader =
      std::make_unique<FeedReader>(&desk_, Options(GetParam().policy, {}, GetParam().detectors));
  std::thread subscriber([&] { Subscribe(std::move(reader), account); });
  PublishAll();
  subscriber.join();
  EXPECT_EQ(account.received() + account.declared(), PublishedAndWanted());
  EXPECT_GT(account.received(), 0);
  if (GetParam().policy == DeliveryPolicy::kLossless && GetParam().kept == kResults) {
    EXPECT_EQ(account.declared(), 0);
  }
  const DeliveryMetrics::OfPolicy& metrics = metrics_.delivery.Of(GetParam().policy);
  EXPECT_EQ(metrics.results_delivered->value(), account.received());
  EXPECT_EQ(metrics.gap_results->value(), account.declared());
}

constexpr DetectorSet kUnetOnly = {DetectorKind::kUnet};

INSTANTIATE_TEST_SUITE_P(
    NineCombinations, DeliveryLawTest,
    testing::Values(
        Case{.policy = DeliveryPolicy::kLatest, .pace = Pace::kFast, .name = "LatestFast"},
        Case{.policy = DeliveryPolicy::kLatest, .pace = Pace::kSlow, .name = "LatestSlow"},
        Case{.policy = DeliveryPolicy::kLatest,
             .pace = Pace::kReconnecting,
             .name = "LatestReconnecting"},
        Case{.policy = DeliveryPolicy::kQueue, .pace = Pace::kFast, .name = "QueueFast"},
        Case{.policy = DeliveryPolicy::kQueue, .pace = Pace::kSlow, .name = "QueueSlow"},
        Case{.policy = DeliveryPolicy::kQueue,
             .pace = Pace::kReconnecting,
             .name = "QueueReconnecting"},
        Case{.policy = DeliveryPolicy::kLossless, .pace = Pace::kFast, .name = "LosslessFast"},
        Case{.policy = DeliveryPolicy::kLossless, .pace = Pace::kSlow, .name = "LosslessSlow"},
        Case{.policy = DeliveryPolicy::kLossless,
             .pace = Pace::kReconnecting,
             .name = "LosslessReconnecting"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(OneDetector, DeliveryLawTest,
                         testing::Values(Case{.policy = DeliveryPolicy::kLatest,
                                              .pace = Pace::kReconnecting,
                                              .detectors = kUnetOnly,
                                              .name = "LatestReconnecting"},
                                         Case{.policy = DeliveryPolicy::kLossless,
                                              .pace = Pace::kReconnecting,
                                              .detectors = kUnetOnly,
                                              .name = "LosslessReconnecting"}),
                         [](const auto& info) { return info.param.name; });

// The store forgets faster than a slow reader reads.
INSTANTIATE_TEST_SUITE_P(ShortHistory, DeliveryLawTest,
                         testing::Values(Case{.policy = DeliveryPolicy::kLossless,
                                              .pace = Pace::kSlow,
                                              .kept = 1000,
                                              .name = "LosslessSlow"},
                                         Case{.policy = DeliveryPolicy::kLossless,
                                              .pace = Pace::kSlow,
                                              .detectors = kUnetOnly,
                                              .kept = 1000,
                                              .name = "LosslessSlowOneDetector"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace atomstream
