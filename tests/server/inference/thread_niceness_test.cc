#include "server/inference/thread_niceness.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

namespace atomstream {
namespace {

int NicenessHere() { return getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid))); }

TEST(ThreadNicenessTest, ChangesThisThreadAndThoseItStartsOnly) {
  const int before = NicenessHere();
  if (before > 17) GTEST_SKIP() << "this test runs with niceness " << before << " already";
  int inside = -1, below = -1;
  std::thread thread([&] {
    EXPECT_TRUE(SetThreadNiceness(before + 2).ok());
    inside = NicenessHere();
    std::thread([&] { below = NicenessHere(); }).join();
  });
  thread.join();
  EXPECT_EQ(inside, before + 2);
  EXPECT_EQ(below, before + 2);
  EXPECT_EQ(NicenessHere(), before);
}

}  // namespace
}  // namespace atomstream
