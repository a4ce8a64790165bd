#include "server/security/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

namespace atomstream {
namespace {

TEST(DescriptorLimitTest, RaisesTheSoftLimitAsFarAsTheHardOneAllows) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(before.rlim_max, 128);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const int64_t raised = RaiseDescriptorLimit();
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, std::min<rlim_t>(before.rlim_max, 1 << 19));
  EXPECT_EQ(raised, static_cast<int64_t>(after.rlim_cur));
  EXPECT_EQ(after.rlim_max, before.rlim_max);
  EXPECT_EQ(RaiseDescriptorLimit(), raised) << "again: no effect";
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace atomstream
