// Feeds over results on disk, which are deleted while they are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/interruptible_wait.h"
#include "server/store/journal_store.h"
#include "server/store/store_keeper.h"
#include "tests/fakes/feed_reader.h"
#include "tests/server/delivery/delivery_fixture.h"

namespace atomstream {
namespace {

// The store keeps some 60 of these in memory, and kKept in all.
constexpr int kResults = 240;
constexpr int kKept = 120;
constexpr size_t kBytes = 512 << 10;

std::string WireForm(const FrameRecord& record) {
  std::string bytes = absl::StrCat(record.position.sequence, ":");
  bytes.resize(kBytes, static_cast<char>('a' + record.position.sequence % 26));
  return bytes;
}

class JournalDeliveryTest : public testing::Test {
 protected:
  JournalDeliveryTest() {
    options_.path = folder_ + "/results.sqlite";
    options_.max_results = kKept;
  }
  ~JournalDeliveryTest() override { std::filesystem::remove_all(folder_); }

  // A life of the daemon.
  struct Life {
    Life(const HistoryOptions& options, const Clock* clock)
        : store(options, *OpenJournal(options, clock, clock),
                {.encode = WireForm,
                 .place = [](std::string encoded, const ResultPosition&) { return encoded; },
                 .steady_clock = clock,
                 .metrics = &metrics.store,
                 .log = &log}),
          keeper([this] { return store.KeepUp(); }, &wait),
          hub(8, clock, &metrics, store.range().newest),
          desk({.hub = &hub,
                .store = &store,
                .metrics = &metrics.delivery,
                .clock = clock,
                .steady_clock = clock}) {
      keeper.Start();
    }
    ~Life() { keeper.Stop(); }

    void Publish(int results) {
      for (int i = 0; i < results; ++i) {
        const int64_t next = store.range().newest + 1;
        FrameRecord record;
        record.frame_id = absl::StrCat("frame-", next);
        record.detector = FailedDetector(
            next % 3 == 0 ? DetectorKind::kUnet : DetectorKind::kLogStar, absl::OkStatus());
        hub.Publish(store.Append(std::move(record))->stored);
      }
    }

    SilentLog log;
    RealWait wait;
    MetricRegistry registry;
    DaemonMetrics metrics{registry};
    JournalStore store;
    StoreKeeper keeper;
    ResultHub hub;
    DeliveryDesk desk;
  };

  // Takes events until result `last`; returns received + declared.
  static int64_t ReadTo(FeedReader& reader, int64_t last, int64_t* declared) {
    int64_t received = 0;
    while (true) {
      const std::optional<HubEvent> event = reader.Next();
      if (!event) return -1;
      int64_t newest = 0;
      if (const Gap* gap = std::get_if<Gap>(&*event)) {
        *declared += gap->results;
        newest = gap->last_sequence;
      } else if (const StoredResultPtr* result = std::get_if<StoredResultPtr>(&*event)) {
        ++received;
        newest = (*result)->position.sequence;
        EXPECT_EQ((*result)->encoded.size(), kBytes);
        EXPECT_EQ((*result)->encoded.substr(0, (*result)->encoded.find(':')), absl::StrCat(newest));
      }
      if (newest >= last) return received + *declared;
    }
  }

  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "/journal_delivery_", getpid(), "_", rand());
  HistoryOptions options_;
  FakeClock clock_;
};

TEST_F(JournalDeliveryTest, WhatRetentionDeletesUnderAReaderIsDeclaredExactly) {
  Life life(options_, &clock_);
  FeedReader all(&life.desk, Options(DeliveryPolicy::kLossless));
  FeedReader unet(&life.desk, Options(DeliveryPolicy::kLossless, {}, {DetectorKind::kUnet}));
  life.Publish(kResults / 2);
  int64_t all_declared = 0, unet_declared = 0;
  std::thread publisher([&] { life.Publish(kResults / 2); });
  EXPECT_EQ(ReadTo(unet, kResults, &unet_declared), kResults / 3);
  publisher.join();
  life.keeper.Stop();
  while (life.store.KeepUp()) {
  }
  EXPECT_EQ(ReadTo(all, kResults, &all_declared), kResults);
  EXPECT_GT(all_declared, 0);
  EXPECT_GT(life.metrics.delivery.replay_reads_ok->value(), 0);
  EXPECT_EQ(life.metrics.delivery.replay_reads_failed->value(), 0);
}

TEST_F(JournalDeliveryTest, ASubscriberResumesOverARestart) {
  options_.max_results = HistoryOptions::kResultsOnDisk;
  std::string epoch;
  {
    Life life(options_, &clock_);
    epoch = life.store.epoch();
    life.Publish(90);
  }
  Life life(options_, &clock_);
  EXPECT_EQ(life.store.epoch(), epoch);
  FeedOptions options;
  options.subscription.policy = DeliveryPolicy::kLossless;
  options.resume_after = ResultPosition{epoch, 10};
  FeedReader reader(&life.desk, options);
  EXPECT_EQ(reader.feed().start_sequence(), 90);
  life.Publish(10);
  int64_t declared = 0;
  EXPECT_EQ(ReadTo(reader, 100, &declared), 90);
  EXPECT_EQ(declared, 0);
}

TEST_F(JournalDeliveryTest, ASubscriberOfBeforeARestoreIsToldHoweverFarTheStoreHasCome) {
  options_.max_results = HistoryOptions::kResultsOnDisk;
  const std::string backup = folder_ + "-backup";
  std::string epoch;
  {
    Life life(options_, &clock_);
    epoch = life.store.epoch();
    life.Publish(5);
  }
  std::filesystem::copy(folder_, backup, std::filesystem::copy_options::recursive);
  {
    Life life(options_, &clock_);
    EXPECT_EQ(life.store.epoch(), epoch);
    life.Publish(3);
  }
  std::filesystem::remove_all(folder_);
  std::filesystem::rename(backup, folder_);
  Life life(options_, &clock_);
  FeedOptions options;
  options.subscription.policy = DeliveryPolicy::kLossless;
  options.resume_after = ResultPosition{epoch, 8};
  for (int results : {0, 3, 3}) {  // behind the subscriber, as far as it, further
    life.Publish(results);
    const auto feed = life.desk.Open(options, [] {});
    EXPECT_TRUE(absl::IsOutOfRange(feed.status())) << feed.status();
    EXPECT_THAT(std::string(feed.status().message()),
                testing::HasSubstr("resume_after.epoch = " + epoch));
  }
  options.resume_after = ResultPosition{life.store.epoch(), 0};
  FeedReader reader(&life.desk, options);
  int64_t declared = 0;
  EXPECT_EQ(ReadTo(reader, 11, &declared), 11);
  EXPECT_EQ(declared, 0);
}

}  // namespace
}  // namespace atomstream
