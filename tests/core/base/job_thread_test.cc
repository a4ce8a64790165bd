#include "core/base/job_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/fakes/gate.h"

namespace atomstream {
namespace {

TEST(JobThreadTest, DoesJobsInTheirOrderAfterWhatComesFirst) {
  std::vector<int> done;
  std::atomic<int> count = 0;
  JobThread<int> thread(100, [&](int job) {
    done.push_back(job);
    ++count;
  });
  EXPECT_EQ(thread.Offer(1), JobOffer::kTaken);  // waits for the start
  thread.Start([&] { done.push_back(0); });
  for (int i = 2; i <= 10; ++i) EXPECT_EQ(thread.Offer(i), JobOffer::kTaken);
  while (count < 10) std::this_thread::yield();
  thread.Stop();
  ASSERT_TRUE(thread.Shutdown(absl::InfiniteFuture()));
  EXPECT_THAT(done, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(JobThreadTest, TheJobThatIsDoneIsNotAmongThoseThatWait) {
  Gate gate;
  std::atomic<int> done = 0;
  JobThread<int> thread(2, [&](int) {
    gate.Pass();
    ++done;
  });
  thread.Start();
  EXPECT_EQ(thread.Offer(1), JobOffer::kTaken);
  gate.WaitForArrivals(1);
  EXPECT_EQ(thread.Offer(2), JobOffer::kTaken);
  EXPECT_EQ(thread.Offer(3), JobOffer::kTaken);
  EXPECT_EQ(thread.Offer(4), JobOffer::kFull);
  gate.Open();
  while (done < 3) std::this_thread::yield();
  EXPECT_EQ(thread.Offer(5), JobOffer::kTaken);
  while (done < 4) std::this_thread::yield();
}

TEST(JobThreadTest, StoppedItGivesBackWhatWaitsAndEndsWithTheJobThatRuns) {
  Gate gate;
  std::atomic<int> done = 0;
  JobThread<std::unique_ptr<int>> thread(10, [&](std::unique_ptr<int> job) {
    gate.Pass();
    done += *job;
  });
  thread.Start();
  thread.Offer(std::make_unique<int>(1));
  gate.WaitForArrivals(1);
  thread.Offer(std::make_unique<int>(20));
  thread.Offer(std::make_unique<int>(300));
  const auto left = thread.Stop();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(*left[0] + *left[1], 320);
  EXPECT_EQ(thread.Offer(std::make_unique<int>(4000)), JobOffer::kStopping);
  EXPECT_FALSE(thread.Shutdown(absl::InfinitePast()));
  EXPECT_TRUE(thread.Stop().empty());
  gate.Open();
  EXPECT_TRUE(thread.Shutdown(absl::InfiniteFuture()));
  EXPECT_TRUE(thread.Shutdown(absl::InfinitePast()));  // again
  EXPECT_EQ(done, 1);
}

TEST(JobThreadTest, NeverStartedItEndsAtOnce) {
  JobThread<int> thread(1, [](int) { FAIL(); });
  thread.Offer(1);
  EXPECT_EQ(thread.Stop().size(), 1u);
  EXPECT_TRUE(thread.Shutdown(absl::InfiniteFuture()));
}

TEST(JobThreadTest, OffersFromManyThreadsAreDoneOnceOrRefused) {
  constexpr int kThreads = 4;
  std::atomic<int> done = 0, taken = 0;
  JobThread<int> thread(8, [&](int) { ++done; });
  thread.Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      while (true) {
        const JobOffer offer = thread.Offer(1);
        if (offer == JobOffer::kStopping) return;
        if (offer == JobOffer::kTaken) ++taken;
        std::this_thread::yield();
      }
    });
  }
  while (done < 500) std::this_thread::yield();
  const int left = static_cast<int>(thread.Stop().size());
  EXPECT_TRUE(thread.Shutdown(absl::InfiniteFuture()));
  for (std::thread& other : threads) other.join();
  EXPECT_EQ(done + left, taken);
}

}  // namespace
}  // namespace atomstream
