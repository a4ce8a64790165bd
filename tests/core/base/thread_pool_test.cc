#include "core/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace atomstream {
namespace {

TEST(ThreadPoolTest, RunsEveryIndexOnce) {
  for (const int threads : {0, 1, 3}) {
    ThreadPool pool(threads);
    for (const int count : {0, 1, 2, 3, 100}) {
      std::vector<std::atomic<int>> runs(count);
      pool.ParallelFor(count, [&](int i) { ++runs[i]; });
      for (const std::atomic<int>& r : runs) EXPECT_EQ(r, 1);
    }
  }
}

TEST(ThreadPoolTest, WritesOfTasksAreVisibleAfterwards) {
  ThreadPool pool(2);
  std::vector<int> squares(1000);  // plain ints: the return of ParallelFor must publish them
  pool.ParallelFor(1000, [&](int i) { squares[i] = i * i; });
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(squares[i], i * i);
}

TEST(ThreadPoolTest, NegativeCountDoesNothing) {
  ThreadPool pool(1);
  pool.ParallelFor(-1, [](int) { FAIL(); });
}

TEST(ThreadPoolTest, ConcurrencyCountsTheCaller) {
  EXPECT_EQ(ThreadPool(0).concurrency(), 1);
  EXPECT_EQ(ThreadPool(2).concurrency(), 3);
}

TEST(ThreadPoolTest, AsManyTasksAsPromisedRunAtTheSameTime) {
  ThreadPool pool(2);
  std::latch all_here(pool.concurrency());
  // Returns only if every task runs while the others do.
  pool.ParallelFor(pool.concurrency(), [&](int) { all_here.arrive_and_wait(); });
}

TEST(ThreadPoolTest, NestedCallsFinish) {
  ThreadPool pool(2);
  std::atomic<int> leaves = 0;
  pool.ParallelFor(6, [&](int) {
    pool.ParallelFor(5, [&](int) { pool.ParallelFor(4, [&](int) { ++leaves; }); });
  });
  EXPECT_EQ(leaves, 6 * 5 * 4);
}

TEST(ThreadPoolTest, CallsFromSeveralThreadsAllFinish) {
  ThreadPool pool(2);
  std::atomic<int> runs = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) pool.ParallelFor(10, [&](int) { ++runs; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(runs, 4 * 50 * 10);
}

TEST(ThreadPoolTest, LongCallDoesNotStarveALaterOne) {
  ThreadPool pool(1);
  constexpr int kLong = 1000;
  std::latch long_started(2), short_started(1), short_helped(1);
  std::atomic<int> long_runs_before_help = 0;
  std::atomic<bool> helped = false;

  // Both the long call's caller and the pool's thread start one of its tasks. The caller is then
  // held; the pool's thread is let go once the short call is waiting for help.
  std::thread long_caller([&] {
    const std::thread::id caller = std::this_thread::get_id();
    pool.ParallelFor(kLong, [&](int i) {
      if (i < 2) long_started.arrive_and_wait();
      if (std::this_thread::get_id() == caller) {
        short_helped.wait();
      } else {
        short_started.wait();
        if (!helped) ++long_runs_before_help;
      }
    });
  });
  long_started.wait();
  pool.ParallelFor(2, [&](int i) {
    if (i == 0) {
      short_started.count_down();
      short_helped.wait();
    } else {
      helped = true;
      short_helped.count_down();
    }
  });
  long_caller.join();
  // The task it was in and, taking turns, at most one more.
  EXPECT_LE(long_runs_before_help, 2);
}

TEST(ThreadPoolTest, WhatATaskThrowsReachesTheCallerAfterAllHaveEnded) {
  ThreadPool pool(3);
  std::atomic<int> ended = 0;
  const auto some_throw = [&](int i) {
    ++ended;
    if (i % 10 == 3) throw std::runtime_error("no memory");
  };
  EXPECT_THROW(pool.ParallelFor(100, some_throw), std::runtime_error);
  EXPECT_EQ(ended, 100);
  ended = 0;
  pool.ParallelFor(100, [&](int) { ++ended; });  // the pool is as good as before
  EXPECT_EQ(ended, 100);
}

}  // namespace
}  // namespace atomstream
