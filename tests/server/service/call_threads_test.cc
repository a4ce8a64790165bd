#include "server/service/call_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/fakes/gate.h"

namespace atomstream {
namespace {

TEST(CallThreadsTest, RefusesWhatIsMoreThanMayWait) {
  Gate gate;
  std::atomic<int> answered = 0;
  CallThreads threads(2, 3);
  const auto call = [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok());
    gate.Pass();
    ++answered;
  };
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(threads.Run(call).ok());
  gate.WaitForArrivals(2);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(threads.Run(call).ok());
  const absl::Status refused = threads.Run(call);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  gate.Open();
  gate.WaitForArrivals(5);
  threads.Shutdown();
  EXPECT_EQ(answered, 5);
}

TEST(CallThreadsTest, AtTheEndWhatWaitsIsToldSo) {
  Gate gate;
  std::atomic<int> unavailable = 0;
  CallThreads threads(1, 10);
  ASSERT_TRUE(threads.Run([&](const absl::Status&) { gate.Pass(); }).ok());
  gate.WaitForArrivals(1);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(threads
                    .Run([&](const absl::Status& status) {
                      unavailable += absl::IsUnavailable(status) ? 1 : 0;
                    })
                    .ok());
  }
  std::thread end([&] { threads.Shutdown(); });
  // From here on nothing is taken, so what waits is told so whenever the gate opens. Until then
  // there may be too many.
  while (!absl::IsUnavailable(threads.Run([](const absl::Status&) {}))) std::this_thread::yield();
  gate.Open();
  end.join();
  EXPECT_EQ(unavailable, 5);
  EXPECT_TRUE(absl::IsUnavailable(threads.Run([](const absl::Status&) {})));
}

TEST(CallThreadsTest, EachCallIsRunOnce) {
  std::atomic<int> run = 0;
  std::atomic<int> taken = 0;
  {
    CallThreads threads(2, 8);
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t) {
      callers.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          if (threads.Run([&](const absl::Status&) { ++run; }).ok()) ++taken;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  EXPECT_EQ(run, taken);
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace atomstream
