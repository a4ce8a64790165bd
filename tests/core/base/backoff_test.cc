#include "core/base/backoff.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <vector>

namespace atomstream {
namespace {

using testing::ElementsAre;

TEST(BackoffTest, DoublesUpToTheMaximumAndStartsAnewAfterReset) {
  Backoff backoff({}, [] { return 0.0; });
  std::vector<int64_t> waits_ms;
  for (int i = 0; i < 9; ++i) waits_ms.push_back(absl::ToInt64Milliseconds(backoff.Next()));
  EXPECT_THAT(waits_ms, ElementsAre(100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000));
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, JitterShortensByAtMostItsShare) {
  Backoff backoff({.jitter = 0.5}, [] { return 1.0; });
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(50));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
}

}  // namespace
}  // namespace atomstream
