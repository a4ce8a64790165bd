#include "server/log/line_limiter.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(LineLimiterTest, AKindIsTheMessageUpToItsFirstValue) {
  EXPECT_EQ(KindOf("frame refused (12 so far): x"), "frame refused ");
  EXPECT_EQ(KindOf("source lost: y"), "source lost");
  EXPECT_EQ(KindOf("unet.threads = 5"), "unet.threads ");
  EXPECT_EQ(KindOf("stopped"), "stopped");
  EXPECT_EQ(KindOf("5"), "");
}

TEST(LineLimiterTest, LetsSoManyOfAKindPassInAPeriodAndTellsTheRestWithTheNext) {
  LineLimiter limiter(2);
  EXPECT_EQ(limiter.Admit("a", kStart), 0);
  EXPECT_EQ(limiter.Admit("a", kStart), 0);
  EXPECT_EQ(limiter.Admit("a", kStart), std::nullopt);
  EXPECT_EQ(limiter.Admit("a", kStart + absl::Seconds(9)), std::nullopt);
  EXPECT_EQ(limiter.Admit("b", kStart), 0);  // another kind has its own share
  EXPECT_EQ(limiter.Admit("a", kStart + absl::Seconds(10)), 2);
  EXPECT_EQ(limiter.Admit("a", kStart + absl::Seconds(10)), 0);
  EXPECT_EQ(limiter.Admit("a", kStart + absl::Seconds(10)), std::nullopt);
}

TEST(LineLimiterTest, WhatNoLaterLineSpokeOfCanBeAskedForOnce) {
  LineLimiter limiter(1);
  for (int i = 0; i < 5; ++i) limiter.Admit("a", kStart);
  limiter.Admit("quiet", kStart);
  EXPECT_TRUE(limiter.TakeUnsaid(kStart + absl::Seconds(9)).empty());
  const auto unsaid = limiter.TakeUnsaid(kStart + absl::Seconds(10));
  ASSERT_EQ(unsaid.size(), 1u);
  EXPECT_EQ(unsaid[0].kind, "a");
  EXPECT_EQ(unsaid[0].lines, 4);
  EXPECT_TRUE(limiter.TakeUnsaid(kStart + absl::Hours(1)).empty());
  EXPECT_EQ(limiter.kinds(), 0u);
}

TEST(LineLimiterTest, ZeroIsNoLimit) {
  LineLimiter limiter(0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limiter.Admit("a", kStart), 0);
}

TEST(LineLimiterTest, ItsMemoryIsBoundedWhateverTheKinds) {
  LineLimiter limiter(1);
  int told = 0;
  for (int i = 0; i < 10'000; ++i) {
    told += limiter.Admit(absl::StrCat("kind ", i), kStart).has_value() ? 1 : 0;
  }
  EXPECT_LE(limiter.kinds(), LineLimiter::kMaxKinds + 1);
  EXPECT_EQ(told, static_cast<int>(LineLimiter::kMaxKinds) + 1);
}

TEST(LineLimiterTest, AClockThatIsSetBackSilencesNobody) {
  LineLimiter limiter(1);
  EXPECT_EQ(limiter.Admit("a", kStart), 0);
  EXPECT_EQ(limiter.Admit("a", kStart), std::nullopt);
  const absl::Time back = kStart - absl::Hours(3);
  EXPECT_EQ(limiter.Admit("a", back), 1);
  EXPECT_EQ(limiter.Admit("a", back), std::nullopt);
  const auto unsaid = limiter.TakeUnsaid(back - absl::Seconds(1));
  ASSERT_EQ(unsaid.size(), 1u);
  EXPECT_EQ(unsaid[0].lines, 1);
}

}  // namespace
}  // namespace atomstream
