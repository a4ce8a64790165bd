#include "server/run_stats.h"

#include <gtest/gtest.h>

namespace atomstream {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

TEST(RunStatsTest, RateCountsTheRecentPastOnly) {
  RunStats stats;
  for (int i = 0; i < 20; ++i) stats.AddResult(kStart, absl::Milliseconds(5));
  EXPECT_DOUBLE_EQ(stats.ResultsPerSecond(kStart), 2);
  EXPECT_DOUBLE_EQ(stats.ResultsPerSecond(kStart + RunStats::kRatePeriod), 0);
}

TEST(RunStatsTest, RateCountsTheLastTenSeconds) {
  RunStats stats;
  const absl::Time start = absl::FromUnixSeconds(1000);
  for (int i = 0; i < 20; ++i) stats.AddResult(start + i * absl::Seconds(1), absl::ZeroDuration());
  EXPECT_DOUBLE_EQ(stats.ResultsPerSecond(start + absl::Seconds(19)), 1.0);
  EXPECT_DOUBLE_EQ(stats.ResultsPerSecond(start + absl::Seconds(24)), 0.5);
  EXPECT_DOUBLE_EQ(stats.ResultsPerSecond(start + absl::Seconds(60)), 0.0);
}

TEST(RunStatsTest, AFullListCountsOverTheTimeItCovers) {
  RunStats stats;
  absl::Time now = kStart;
  for (size_t i = 0; i < 2 * RunStats::kMaxTimes; ++i) {
    now += absl::Milliseconds(1);
    stats.AddResult(now, absl::Milliseconds(5));
  }
  EXPECT_NEAR(stats.ResultsPerSecond(now), 1000, 1);
}

TEST(RunStatsTest, AFullListOfOldResultsIsARateOfZero) {
  RunStats stats;
  for (size_t i = 0; i < RunStats::kMaxTimes; ++i) stats.AddResult(kStart, absl::Milliseconds(5));
  EXPECT_DOUBLE_EQ(stats.ResultsPerSecond(kStart + 2 * RunStats::kRatePeriod), 0);
}

TEST(RunStatsTest, LatencyIsTheMedianOfTheNewest) {
  RunStats stats;
  EXPECT_EQ(stats.LatencyP50(), absl::ZeroDuration());
  for (size_t i = 0; i < RunStats::kLatencies; ++i) stats.AddResult(kStart, absl::Seconds(9));
  EXPECT_EQ(stats.LatencyP50(), absl::Seconds(9));
  for (size_t i = 0; i < RunStats::kLatencies; ++i) {
    stats.AddResult(kStart, absl::Milliseconds(10 + i % 3));
  }
  EXPECT_EQ(stats.LatencyP50(), absl::Milliseconds(11));
}

TEST(RunStatsTest, LatencyOfAFewIsTheirMedian) {
  RunStats stats;
  EXPECT_EQ(stats.LatencyP50(), absl::ZeroDuration());
  for (const int ms : {5, 1, 100}) {
    stats.AddResult(absl::FromUnixSeconds(1000), absl::Milliseconds(ms));
  }
  EXPECT_EQ(stats.LatencyP50(), absl::Milliseconds(5));
}

}  // namespace
}  // namespace atomstream
