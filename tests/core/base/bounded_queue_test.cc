#include "core/base/bounded_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

namespace atomstream {
namespace {

using ::testing::ElementsAre;

TEST(BoundedQueueTest, PopsInTheOrderPushed) {
  BoundedQueue<int> queue(3);
  for (const int i : {1, 2, 3}) EXPECT_TRUE(queue.Push(i));
  EXPECT_EQ(queue.size(), 3);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), 3);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
}

TEST(BoundedQueueTest, TryPushIntoAFullQueueIsRefusedAndCounted) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_FALSE(queue.TryPush(2));
  EXPECT_EQ(queue.dropped(), 1);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_TRUE(queue.TryPush(3));
  EXPECT_EQ(queue.Pop(), 3);
}

TEST(BoundedQueueTest, PushDropOldestReturnsTheOldestWhenFull) {
  BoundedQueue<int> queue(2);
  EXPECT_EQ(queue.PushDropOldest(1), std::nullopt);
  EXPECT_EQ(queue.PushDropOldest(2), std::nullopt);
  EXPECT_EQ(queue.PushDropOldest(3), 1);
  EXPECT_EQ(queue.dropped(), 1);
  EXPECT_EQ(queue.size(), 2);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), 3);
}

TEST(BoundedQueueTest, ClosedQueueTakesNothingAndGivesWhatItHolds) {
  BoundedQueue<int> queue(2);
  queue.Push(1);
  queue.Close();
  queue.Close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.Push(2));
  EXPECT_FALSE(queue.TryPush(3));
  EXPECT_EQ(queue.PushDropOldest(4), 4);
  EXPECT_EQ(queue.dropped(), 3);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueueTest, CarriesMoveOnlyElements) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.Push(std::make_unique<int>(5));
  const auto lost = queue.PushDropOldest(std::make_unique<int>(6));
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(**lost, 5);
  EXPECT_EQ(**queue.Pop(), 6);
}

TEST(BoundedQueueTest, PushWaitsUntilThereIsRoom) {
  BoundedQueue<int> queue(1);
  queue.Push(1);
  std::thread producer([&] { EXPECT_TRUE(queue.Push(2)); });
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  producer.join();
  EXPECT_EQ(queue.dropped(), 0);
}

TEST(BoundedQueueTest, CloseWakesWaitingConsumersAndProducers) {
  BoundedQueue<int> empty(1), full(1);
  full.Push(1);
  std::vector<std::thread> waiters;
  for (int i = 0; i < 2; ++i) {
    waiters.emplace_back([&] { EXPECT_EQ(empty.Pop(), std::nullopt); });
    waiters.emplace_back([&] { EXPECT_FALSE(full.Push(2)); });
  }
  empty.Close();
  full.Close();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(full.dropped(), 2);
}

TEST(BoundedQueueTest, PopWithTimeoutGivesUp) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.PopWithTimeout(absl::Milliseconds(1)), std::nullopt);
  EXPECT_EQ(queue.PopWithTimeout(absl::ZeroDuration()), std::nullopt);
  EXPECT_FALSE(queue.closed());
  queue.Push(1);
  EXPECT_EQ(queue.PopWithTimeout(absl::ZeroDuration()), 1);
}

TEST(BoundedQueueTest, PopWithInfiniteTimeoutWaitsForAnElement) {
  BoundedQueue<int> queue(1);
  std::thread producer([&] { queue.Push(9); });
  EXPECT_EQ(queue.PopWithTimeout(absl::InfiniteDuration()), 9);
  producer.join();
}

TEST(BoundedQueueTest, ManyProducersAndConsumersLoseNothing) {
  constexpr int kThreads = 3, kEach = 2000;
  BoundedQueue<int> queue(4);
  std::vector<std::thread> producers, consumers;
  std::vector<std::vector<int>> got(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    producers.emplace_back([&queue, t] {
      for (int i = 0; i < kEach; ++i) queue.Push(t * kEach + i);
    });
    consumers.emplace_back([&queue, &mine = got[t]] {
      while (const std::optional<int> value = queue.Pop()) mine.push_back(*value);
    });
  }
  for (std::thread& producer : producers) producer.join();
  queue.Close();
  for (std::thread& consumer : consumers) consumer.join();
  std::vector<int> all;
  for (const std::vector<int>& part : got) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), static_cast<size_t>(kThreads * kEach));
  for (int i = 0; i < kThreads * kEach; ++i) ASSERT_EQ(all[i], i);
  EXPECT_EQ(queue.dropped(), 0);
}

TEST(BoundedQueueTest, PoppedAndDroppedAddUpToWhatWasPushed) {
  constexpr int kThreads = 3, kEach = 2000;
  BoundedQueue<int> queue(2);
  int popped = 0;
  std::thread consumer([&] {
    while (queue.Pop().has_value()) ++popped;
  });
  std::vector<std::thread> producers;
  for (int t = 0; t < kThreads; ++t) {
    producers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) queue.PushDropOldest(i);
    });
  }
  for (std::thread& producer : producers) producer.join();
  queue.Close();
  consumer.join();
  EXPECT_EQ(popped + queue.dropped(), kThreads * kEach);
}

}  // namespace
}  // namespace atomstream
