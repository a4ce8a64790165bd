#include "server/delivery/task_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "tests/fakes/gate.h"

namespace atomstream {
namespace {

TEST(TaskThreadsTest, OneThreadKeepsTheOrder) {
  std::vector<int> done;
  Gate last;
  last.Open();
  TaskThreads threads(1);
  for (int i = 0; i < 100; ++i) threads.Run([&done, i] { done.push_back(i); });
  threads.Run([&last] { last.Pass(); });
  last.WaitForArrivals(1);
  ASSERT_EQ(done.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[i], i);
}

TEST(TaskThreadsTest, ATaskThatWaitsDoesNotHoldUpTheOtherThread) {
  Gate gate, other;
  other.Open();
  TaskThreads threads(2);
  threads.Run([&gate] { gate.Pass(); });
  gate.WaitForArrivals(1);
  threads.Run([&other] { other.Pass(); });
  other.WaitForArrivals(1);
  gate.Open();
}

TEST(TaskThreadsTest, ATaskMayAskForAnother) {
  Gate gate;
  gate.Open();
  TaskThreads threads(1);
  threads.Run([&] { threads.Run([&gate] { gate.Pass(); }); });
  gate.WaitForArrivals(1);
}

TEST(TaskThreadsTest, TheEndWaitsForWhatHasBegunAndDropsTheRest) {
  auto gate = std::make_shared<Gate>();
  auto ran = std::make_shared<std::atomic<int>>(0);
  auto threads = std::make_unique<TaskThreads>(1);
  threads->Run([gate, ran] {
    gate->Pass();
    ++*ran;
  });
  for (int i = 0; i < 10; ++i) threads->Run([ran] { ++*ran; });
  gate->WaitForArrivals(1);
  std::thread ender([&] { threads.reset(); });
  gate->Open();
  ender.join();
  EXPECT_GE(*ran, 1);
  EXPECT_EQ(ran.use_count(), 1);  // no task is left
}

}  // namespace
}  // namespace atomstream
