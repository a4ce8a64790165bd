#include "server/delivery/heartbeats.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

class HeartbeatsTest : public testing::Test {
 protected:
  // Asks again after `every`.
  Heartbeats::Beat Counting(int& calls, absl::Duration every) {
    return [&calls, every](absl::Time now) {
      ++calls;
      return now + every;
    };
  }

  FakeClock clock_;
  const absl::Time start_ = clock_.Now();
  Heartbeats heartbeats_{&clock_};
};

TEST_F(HeartbeatsTest, AsksWhenItIsTimeAndNotBefore) {
  int calls = 0;
  heartbeats_.Add(start_ + 5 * kSecond, Counting(calls, 5 * kSecond));
  EXPECT_EQ(heartbeats_.RunDue(start_ + 4 * kSecond), start_ + 5 * kSecond);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(heartbeats_.RunDue(start_ + 5 * kSecond), start_ + 10 * kSecond);
  EXPECT_EQ(calls, 1);
  heartbeats_.RunDue(start_ + 9 * kSecond);
  EXPECT_EQ(calls, 1);
}

TEST_F(HeartbeatsTest, EachStreamHasItsOwnInterval) {
  int often = 0, seldom = 0;
  heartbeats_.Add(start_ + kSecond, Counting(often, kSecond));
  heartbeats_.Add(start_ + 3 * kSecond, Counting(seldom, 3 * kSecond));
  for (int i = 1; i <= 6; ++i) heartbeats_.RunDue(start_ + i * kSecond);
  EXPECT_EQ(often, 6);
  EXPECT_EQ(seldom, 2);
}

TEST_F(HeartbeatsTest, AStreamThatWasRemovedIsNotAskedAgain) {
  int calls = 0;
  const int64_t id = heartbeats_.Add(start_, Counting(calls, kSecond));
  EXPECT_EQ(heartbeats_.size(), 1);
  heartbeats_.RunDue(start_);
  heartbeats_.Remove(id);
  heartbeats_.Remove(id);
  EXPECT_EQ(heartbeats_.size(), 0);
  EXPECT_EQ(heartbeats_.RunDue(start_ + kSecond), absl::InfiniteFuture());
  EXPECT_EQ(calls, 1);
}

TEST_F(HeartbeatsTest, AStreamMayBeRemovedByItsOwnBeat) {
  int calls = 0;
  int64_t id = 0;
  id = heartbeats_.Add(start_, [&](absl::Time now) {
    ++calls;
    heartbeats_.Remove(id);
    return now + kSecond;
  });
  heartbeats_.RunDue(start_);
  EXPECT_EQ(heartbeats_.RunDue(start_ + kSecond), absl::InfiniteFuture());
  EXPECT_EQ(calls, 1);
}

// The thread sleeps until the earliest is due, so one that is added earlier must wake it.
TEST(HeartbeatsThreadTest, OneThatIsDueAtOnceIsAskedAlthoughTheThreadSleeps) {
  const SteadyClock clock;
  Mutex mutex;
  CondVar changed;
  bool asked = false;
  Heartbeats heartbeats(&clock);
  heartbeats.Start();
  heartbeats.Add(clock.Now() + absl::Hours(1), [](absl::Time now) { return now + absl::Hours(1); });
  heartbeats.Add(clock.Now(), [&](absl::Time now) {
    MutexLock lock(&mutex);
    asked = true;
    changed.NotifyAll();
    return now + absl::Hours(1);
  });
  MutexLock lock(&mutex);
  while (!asked) changed.Wait(&mutex);
}

}  // namespace
}  // namespace atomstream
