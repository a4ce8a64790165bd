#include "server/security/client_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

// Levels are doubles, times are counted in quarters of nanoseconds.
constexpr double kRounding_s = 1e-6;

double WaitS(ClientLimiter& limiter, const std::string& client, const CallCost& cost = {}) {
  return absl::ToDoubleSeconds(limiter.Charge(client, cost));
}

TEST(ClientLimiterTest, LetsABurstThroughThenOneCallEachPeriod) {
  FakeClock clock;
  ClientLimiter limiter({.calls_per_second = 2, .burst = absl::Seconds(5)}, &clock);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(WaitS(limiter, "ana"), 0) << i;
  EXPECT_NEAR(WaitS(limiter, "ana"), 0.5, kRounding_s);
  clock.Advance(absl::Milliseconds(400));
  EXPECT_NEAR(WaitS(limiter, "ana"), 0.1, kRounding_s);  // the refused call was not charged
  clock.Advance(absl::Milliseconds(100));
  EXPECT_EQ(WaitS(limiter, "ana"), 0);
  EXPECT_NEAR(WaitS(limiter, "ana"), 0.5, kRounding_s);
}

TEST(ClientLimiterTest, ClientsHaveBucketsOfTheirOwn) {
  FakeClock clock;
  ClientLimiter limiter({.calls_per_second = 1, .burst = absl::Seconds(1)}, &clock);
  EXPECT_EQ(WaitS(limiter, "ana"), 0);
  EXPECT_GT(WaitS(limiter, "ana"), 0);
  EXPECT_EQ(WaitS(limiter, "bo"), 0);
}

TEST(ClientLimiterTest, TheScarcestOfCallsBytesAndFramesDecides) {
  FakeClock clock;
  ClientLimiter limiter({.calls_per_second = 100,
                         .bytes_per_second = 1000,
                         .frames_per_second = 2,
                         .burst = absl::Seconds(1)},
                        &clock);
  EXPECT_EQ(WaitS(limiter, "ana", {.bytes = 1000, .frames = 1}), 0);
  EXPECT_NEAR(WaitS(limiter, "ana", {.bytes = 500}), 0.5, kRounding_s);
  EXPECT_EQ(WaitS(limiter, "ana", {.frames = 1}), 0);
  EXPECT_NEAR(WaitS(limiter, "ana", {.bytes = 100, .frames = 1}), 0.5, kRounding_s);
  EXPECT_EQ(WaitS(limiter, "ana"), 0);
}

TEST(ClientLimiterTest, ACallLargerThanTheBucketPassesWhenItIsFullAndIsPaidOff) {
  FakeClock clock;
  ClientLimiter limiter({.bytes_per_second = 1000, .burst = absl::Seconds(1)}, &clock);
  EXPECT_EQ(WaitS(limiter, "ana", {.bytes = 5000}), 0);
  EXPECT_NEAR(WaitS(limiter, "ana", {.bytes = 5000}), 5, kRounding_s);
  EXPECT_NEAR(WaitS(limiter, "ana", {.bytes = 1}), 4.001, kRounding_s);
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(WaitS(limiter, "ana", {.bytes = 5000}), 0);
}

TEST(ClientLimiterTest, SilenceFillsABucketOnlyToTheBurst) {
  FakeClock clock;
  ClientLimiter limiter({.calls_per_second = 1, .burst = absl::Seconds(3)}, &clock);
  EXPECT_EQ(WaitS(limiter, "ana"), 0);
  clock.Advance(absl::Hours(24));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(WaitS(limiter, "ana"), 0) << i;
  EXPECT_GT(WaitS(limiter, "ana"), 0);
}

TEST(ClientLimiterTest, WithoutRatesNothingIsRefused) {
  FakeClock clock;
  ClientLimiter limiter({}, &clock);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(WaitS(limiter, "ana", {.bytes = 1e9, .frames = 9}), 0);
}

TEST(ClientLimiterTest, ForgetsTheClientThatWasSilentLongest) {
  FakeClock clock;
  ClientLimiter limiter({.calls_per_second = 1, .burst = absl::Seconds(1), .max_clients = 2},
                        &clock);
  EXPECT_EQ(WaitS(limiter, "ana"), 0);
  EXPECT_EQ(WaitS(limiter, "bo"), 0);
  EXPECT_GT(WaitS(limiter, "ana"), 0);  // asked again: bo is silent longest now
  EXPECT_EQ(WaitS(limiter, "cy"), 0);
  EXPECT_EQ(limiter.remembered(), 2u);
  EXPECT_GT(WaitS(limiter, "ana"), 0);
  EXPECT_EQ(WaitS(limiter, "bo"), 0);
  for (int i = 0; i < 1000; ++i) limiter.Charge(absl::StrCat("client ", i), {});
  EXPECT_EQ(limiter.remembered(), 2u);
}

TEST(ClientLimiterTest, CountsStreamsUntilTheyClose) {
  FakeClock clock;
  ClientLimiter limiter({.max_streams = 2}, &clock);
  EXPECT_TRUE(limiter.OpenStream("ana"));
  EXPECT_TRUE(limiter.OpenStream("ana"));
  EXPECT_FALSE(limiter.OpenStream("ana"));
  EXPECT_TRUE(limiter.OpenStream("bo"));
  limiter.CloseStream("ana");
  EXPECT_TRUE(limiter.OpenStream("ana"));
  EXPECT_FALSE(limiter.OpenStream("ana"));
}

TEST(ClientLimiterTest, RacingCallersGetExactlyWhatTheBucketHolds) {
  FakeClock clock;  // stands still
  ClientLimiter limiter({.calls_per_second = 100, .burst = absl::Seconds(1), .max_streams = 7},
                        &clock);
  std::atomic<int> passed = 0;
  std::atomic<int> streams = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        if (limiter.Charge("ana", {}) == absl::ZeroDuration()) ++passed;
        if (limiter.OpenStream("ana")) ++streams;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 100);
  EXPECT_EQ(streams, 7);
}

}  // namespace
}  // namespace atomstream
