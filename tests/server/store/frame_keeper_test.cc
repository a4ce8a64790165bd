#include "server/store/frame_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/journal/hash.h"
#include "server/store/frame_cache.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

// A disk that the test can stop and break, and a log that it can read.
class FakeDisk : public EventLog {
 public:
  absl::Status Write(absl::string_view sha256, absl::string_view bytes) {
    MutexLock lock(&mutex_);
    ++begun_;
    changed_.NotifyAll();
    while (stopped_) changed_.Wait(&mutex_);
    if (!broken_.ok()) return broken_;
    files_[std::string(sha256)] = std::string(bytes);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Read(absl::string_view sha256) {
    MutexLock lock(&mutex_);
    const auto found = files_.find(std::string(sha256));
    if (found == files_.end()) return absl::NotFoundError("no such file");
    return found->second;
  }

  void Stop() {
    MutexLock lock(&mutex_);
    stopped_ = true;
  }
  void GoOn() {
    MutexLock lock(&mutex_);
    stopped_ = false;
    changed_.NotifyAll();
  }
  void Break(absl::Status why) {
    MutexLock lock(&mutex_);
    broken_ = std::move(why);
  }
  void WaitUntilBegun(int writes) {
    MutexLock lock(&mutex_);
    while (begun_ < writes) changed_.Wait(&mutex_);
  }
  size_t files() {
    MutexLock lock(&mutex_);
    return files_.size();
  }

  void Info(absl::string_view message) override { Log("I ", message); }
  void Warning(absl::string_view message) override { Log("W ", message); }
  std::vector<std::string> lines() {
    MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  void Log(absl::string_view level, absl::string_view message) {
    MutexLock lock(&mutex_);
    lines_.push_back(absl::StrCat(level, message));
  }

  Mutex mutex_;
  CondVar changed_;
  bool stopped_ = false;
  int begun_ = 0;
  absl::Status broken_;
  std::map<std::string, std::string> files_;
  std::vector<std::string> lines_;
};

std::string Encode(const Frame& frame) { return frame.metadata().id; }

class FrameKeeperTest : public testing::Test {
 protected:
  FrameKeeperTest() { Make(FrameKeeper::kMaxWaitingBytes); }

  void Make(int64_t max_waiting_bytes) {
    keeper_ = std::make_unique<FrameKeeper>(
        FrameKeeperDependencies{
            .encode = Encode,
            .decode = [](absl::string_view bytes) -> absl::StatusOr<std::shared_ptr<const Frame>> {
              return MakeNamedFrame(std::string(bytes));
            },
            .write = [this](absl::string_view sha256, absl::string_view bytes,
                            int) { return disk_.Write(sha256, bytes); },
            .read = [this](absl::string_view sha256) { return disk_.Read(sha256); },
            .lower_priority = {},
            .steady_clock = &clock_,
            .metrics = &metrics_,
            .log = &disk_},
        max_waiting_bytes);
  }

  // Once it is known.
  static std::string HashOf(FrameTicket& ticket) {
    std::string sha256;
    while (sha256.empty()) {
      sha256 = ticket.Claim();
      std::this_thread::yield();
    }
    return sha256;
  }

  void WaitUntilNoneWaits() {
    while (metrics_.waiting->value() > 0) std::this_thread::yield();
  }

  FakeDisk disk_;
  FakeClock clock_;
  MetricRegistry registry_;
  KeptFrameMetrics metrics_{registry_};
  std::unique_ptr<FrameKeeper> keeper_;
};

TEST_F(FrameKeeperTest, TellsAFramesNameWhileItIsStillBeingWritten) {
  disk_.Stop();
  keeper_->Start();
  const auto first = keeper_->Offer(MakeNamedFrame("first"));
  disk_.WaitUntilBegun(1);
  const auto second = keeper_->Offer(MakeNamedFrame("second"));
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(HashOf(*first), *Sha256("first"));
  EXPECT_EQ(HashOf(*second), *Sha256("second"));
  EXPECT_EQ(disk_.files(), 0u);
  // What waits can be read already.
  for (const auto& ticket : {first, second}) {
    const auto read = keeper_->Read(HashOf(*ticket));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*Sha256((*read)->metadata().id), HashOf(*ticket));
  }
  disk_.GoOn();
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(disk_.files(), 2u);
  EXPECT_EQ(metrics_.kept->value(), 2);
  EXPECT_EQ((*keeper_->Read(HashOf(*second)))->metadata().id, "second");
  EXPECT_EQ(metrics_.reads_ok->value(), 3);
  EXPECT_EQ(metrics_.waiting->value(), 0);
}

TEST_F(FrameKeeperTest, TheAgeIsThatOfTheFrameThatTheDiskHolds) {
  disk_.Stop();
  keeper_->Start();
  const auto first = keeper_->Offer(MakeNamedFrame("first"));
  disk_.WaitUntilBegun(1);
  clock_.Advance(absl::Seconds(4));
  const auto second = keeper_->Offer(MakeNamedFrame("second"));
  for (const int seconds : {0, 3}) {
    clock_.Advance(absl::Seconds(seconds));
    keeper_->ShowAge();
    EXPECT_DOUBLE_EQ(metrics_.age->value(), 4 + seconds);
  }
  disk_.GoOn();
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  keeper_->ShowAge();
  EXPECT_EQ(metrics_.age->value(), 0);
}

TEST_F(FrameKeeperTest, TheAgeOfAFrameBeginsBeforeItIsHashed) {
  const auto first = keeper_->Offer(MakeNamedFrame("first"));
  clock_.Advance(absl::Seconds(2));
  keeper_->ShowAge();
  EXPECT_DOUBLE_EQ(metrics_.age->value(), 2);
}

TEST_F(FrameKeeperTest, WhatIsMoreThanMayWaitIsDroppedAndCounted) {
  const int64_t frame_bytes = FrameCache::BytesOf(*MakeNamedFrame("a"));
  Make(3 * frame_bytes);
  disk_.Stop();
  keeper_->Start();
  std::vector<std::shared_ptr<FrameTicket>> tickets;
  for (const char* id : {"a", "b", "c"}) tickets.push_back(keeper_->Offer(MakeNamedFrame(id)));
  for (const auto& ticket : tickets) ASSERT_NE(ticket, nullptr);
  disk_.WaitUntilBegun(1);
  EXPECT_EQ(keeper_->Offer(MakeNamedFrame("d")), nullptr);
  EXPECT_EQ(metrics_.dropped_busy->value(), 1);
  EXPECT_EQ(metrics_.waiting->value(), 3);
  disk_.GoOn();
  disk_.WaitUntilBegun(3);
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.kept->value(), 3);
  EXPECT_EQ(keeper_->Offer(MakeNamedFrame("e")), nullptr);
  EXPECT_EQ(metrics_.dropped_shutdown->value(), 1);
}

TEST_F(FrameKeeperTest, WhileNoneAreTakenNothingIsCountedAndWhatWaitsIsDropped) {
  disk_.Stop();
  keeper_->Start();
  const auto first = keeper_->Offer(MakeNamedFrame("first"));
  disk_.WaitUntilBegun(1);
  const auto second = keeper_->Offer(MakeNamedFrame("second"));
  HashOf(*second);
  keeper_->SetTaking(false);
  EXPECT_EQ(keeper_->Offer(MakeNamedFrame("third")), nullptr);
  disk_.GoOn();
  WaitUntilNoneWaits();
  EXPECT_EQ(metrics_.kept->value(), 1) << "it was being written";
  EXPECT_EQ(metrics_.dropped_switched_off->value(), 1);
  keeper_->SetTaking(true);
  const auto fourth = keeper_->Offer(MakeNamedFrame("fourth"));
  ASSERT_NE(fourth, nullptr);
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.kept->value(), 2);
  EXPECT_EQ(disk_.files(), 2u);
  EXPECT_EQ(metrics_.dropped_busy->value() + metrics_.dropped_shutdown->value(), 0);
}

TEST_F(FrameKeeperTest, WhatIsNotYetHashedWhenNoneAreTakenGetsNoName) {
  const auto ticket = keeper_->Offer(MakeNamedFrame("first"));
  keeper_->SetTaking(false);
  keeper_->Start();
  WaitUntilNoneWaits();
  EXPECT_EQ(ticket->Claim(), "") << "nobody will find it";
  EXPECT_EQ(metrics_.dropped_switched_off->value(), 1);
}

TEST_F(FrameKeeperTest, ADiskThatIsToKeepNoneDoesNotFailWhenItRefusesOne) {
  disk_.Stop();
  keeper_->Start();
  const auto first = keeper_->Offer(MakeNamedFrame("first"));
  disk_.WaitUntilBegun(1);
  keeper_->SetTaking(false);
  disk_.Break(absl::ResourceExhaustedError("the budget for kept frames is 0"));
  disk_.GoOn();
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.dropped_switched_off->value(), 1);
  EXPECT_EQ(metrics_.dropped_failed->value(), 0);
  EXPECT_THAT(disk_.lines(), testing::IsEmpty());
}

TEST_F(FrameKeeperTest, WhatNoResultCanNameIsNotWritten) {
  disk_.Stop();
  keeper_->Start();
  auto first = keeper_->Offer(MakeNamedFrame("first"));
  disk_.WaitUntilBegun(1);
  auto cancelled = keeper_->Offer(MakeNamedFrame("cancelled"));
  auto named = keeper_->Offer(MakeNamedFrame("named"));
  const std::string sha256 = HashOf(*named);
  named.reset();  // its results have been stored
  cancelled.reset();
  disk_.GoOn();
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.kept->value(), 2);
  EXPECT_EQ(metrics_.dropped_unused->value(), 1);
  EXPECT_TRUE(keeper_->Read(sha256).ok());
  EXPECT_TRUE(absl::IsNotFound(keeper_->Read(*Sha256("cancelled")).status()));
  EXPECT_EQ(metrics_.reads_missing->value(), 1);
}

TEST_F(FrameKeeperTest, ADiskThatFailsIsToldOnceAndTriedForEveryFrame) {
  disk_.Break(absl::ResourceExhaustedError("no space"));
  keeper_->Start();
  std::vector<std::shared_ptr<FrameTicket>> tickets;
  for (int i = 0; i < 3; ++i) {
    tickets.push_back(keeper_->Offer(MakeNamedFrame(absl::StrCat("lost-", i))));
  }
  disk_.WaitUntilBegun(3);
  disk_.Stop();
  tickets.push_back(keeper_->Offer(MakeNamedFrame("kept")));
  disk_.WaitUntilBegun(4);
  disk_.Break(absl::OkStatus());
  disk_.GoOn();
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.dropped_failed->value(), 3);
  EXPECT_EQ(metrics_.kept->value(), 1);
  EXPECT_THAT(disk_.lines(), testing::ElementsAre(testing::HasSubstr("no space"),
                                                  testing::HasSubstr("3 could not be written")));
}

TEST_F(FrameKeeperTest, AtTheDeadlineWhatWaitsIsDroppedAndWhatIsBeingWrittenIsTold) {
  disk_.Stop();
  keeper_->Start();
  const auto first = keeper_->Offer(MakeNamedFrame("first"));
  disk_.WaitUntilBegun(1);
  const auto second = keeper_->Offer(MakeNamedFrame("second"));
  HashOf(*second);
  EXPECT_FALSE(keeper_->Shutdown(absl::InfinitePast()));
  EXPECT_EQ(metrics_.dropped_shutdown->value(), 1);
  disk_.GoOn();
  keeper_.reset();
  EXPECT_EQ(disk_.files(), 1u);
  EXPECT_EQ(metrics_.kept->value(), 1);
  EXPECT_EQ(metrics_.waiting->value(), 0);
}

TEST_F(FrameKeeperTest, EveryFrameEndsInOneCounter) {
  const int64_t frame_bytes = FrameCache::BytesOf(*MakeNamedFrame("f"));
  Make(8 * frame_bytes);
  keeper_->Start();
  constexpr int kFrames = 400;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kFrames; ++i) {
        const auto ticket = keeper_->Offer(MakeNamedFrame(absl::StrCat(t, "-", i)));
        if (ticket == nullptr || i % 3 == 0) continue;
        const std::string sha256 = ticket->Claim();
        if (sha256.empty()) continue;
        const auto read = keeper_->Read(sha256);
        ASSERT_TRUE(read.ok()) << read.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(keeper_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(metrics_.kept->value() + metrics_.dropped_busy->value() +
                metrics_.dropped_unused->value() + metrics_.dropped_failed->value() +
                metrics_.dropped_shutdown->value(),
            4 * kFrames);
  EXPECT_EQ(metrics_.dropped_failed->value() + metrics_.dropped_shutdown->value(), 0);
  EXPECT_EQ(metrics_.waiting->value(), 0);
}

}  // namespace
}  // namespace atomstream
