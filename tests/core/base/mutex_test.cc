#include "core/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace atomstream {
namespace {

struct Counter {
  Mutex mutex;
  CondVar changed;
  int value ABSL_GUARDED_BY(mutex) = 0;
};

TEST(MutexTest, IncrementsOfManyThreadsAreAllSeen) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        MutexLock lock(&counter.mutex);
        ++counter.value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(&counter.mutex);
  EXPECT_EQ(counter.value, 4000);
}

TEST(CondVarTest, WaiterSeesWhatTheNotifierWrote) {
  Counter counter;
  std::thread writer([&] {
    MutexLock lock(&counter.mutex);
    counter.value = 7;
    counter.changed.NotifyOne();
  });
  {
    MutexLock lock(&counter.mutex);
    while (counter.value == 0) counter.changed.Wait(&counter.mutex);
    EXPECT_EQ(counter.value, 7);
  }
  writer.join();
}

TEST(CondVarTest, NotifyAllWakesEveryWaiter) {
  Counter counter;
  std::vector<std::thread> waiters;
  for (int t = 0; t < 3; ++t) {
    waiters.emplace_back([&] {
      MutexLock lock(&counter.mutex);
      while (counter.value == 0) counter.changed.Wait(&counter.mutex);
    });
  }
  {
    MutexLock lock(&counter.mutex);
    counter.value = 1;
    counter.changed.NotifyAll();
  }
  for (std::thread& waiter : waiters) waiter.join();
}

TEST(CondVarTest, TimedWaitsReportThatTimeIsUpAndHoldTheLockAgain) {
  Counter counter;
  MutexLock lock(&counter.mutex);
  // Nobody notifies; a loop, because a wake-up may be spurious.
  while (!counter.changed.WaitWithTimeout(&counter.mutex, absl::Milliseconds(1))) {
  }
  while (!counter.changed.WaitUntil(&counter.mutex, absl::Now() + absl::Milliseconds(1))) {
  }
  EXPECT_TRUE(counter.changed.WaitWithTimeout(&counter.mutex, absl::ZeroDuration()));
  EXPECT_TRUE(counter.changed.WaitWithTimeout(&counter.mutex, -absl::InfiniteDuration()));
  EXPECT_TRUE(counter.changed.WaitUntil(&counter.mutex, absl::InfinitePast()));
  ++counter.value;
}

TEST(CondVarTest, InfiniteTimeoutsWaitForTheNotifier) {
  Counter counter;
  std::thread writer([&] {
    MutexLock lock(&counter.mutex);
    counter.value = 1;
    counter.changed.NotifyAll();
  });
  {
    MutexLock lock(&counter.mutex);
    while (counter.value == 0) {
      EXPECT_FALSE(counter.changed.WaitWithTimeout(&counter.mutex, absl::InfiniteDuration()));
    }
  }
  writer.join();
  std::thread second([&] {
    MutexLock lock(&counter.mutex);
    counter.value = 2;
    counter.changed.NotifyAll();
  });
  {
    MutexLock lock(&counter.mutex);
    while (counter.value == 1) {
      EXPECT_FALSE(counter.changed.WaitUntil(&counter.mutex, absl::InfiniteFuture()));
    }
  }
  second.join();
}

}  // namespace
}  // namespace atomstream
