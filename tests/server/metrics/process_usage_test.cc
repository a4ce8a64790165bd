#include "server/metrics/process_usage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace atomstream {
namespace {

ProcessUsage Read() {
  const absl::StatusOr<ProcessUsage> usage = ReadProcessUsage();
  EXPECT_TRUE(usage.ok()) << usage.status();
  return usage.value_or(ProcessUsage());
}

TEST(ProcessUsageTest, CountsFilesThatAreOpen) {
  const int64_t before = Read().open_files;
  const int file = open("/dev/null", O_RDONLY);
  ASSERT_GE(file, 0);
  EXPECT_EQ(Read().open_files, before + 1);
  close(file);
  EXPECT_EQ(Read().open_files, before);
  EXPECT_GE(before, 3);  // standard input, output and error
}

TEST(ProcessUsageTest, CountsThreads) {
  const int64_t before = Read().threads;
  int64_t during = 0;
  std::thread([&during] { during = Read().threads; }).join();
  EXPECT_EQ(during, before + 1);
}

TEST(ProcessUsageTest, SeesMemoryThatIsTouched) {
  constexpr int64_t kBytes = 64 << 20;
  const int64_t before = Read().resident_bytes;
  const std::vector<char> memory(kBytes, 1);
  // The allocator may have had a part of it.
  EXPECT_GE(Read().resident_bytes, before + kBytes / 2);
  EXPECT_GE(Read().virtual_bytes, Read().resident_bytes);
  EXPECT_EQ(memory.back(), 1);
}

TEST(ProcessUsageTest, SeesWork) {
  const double before = Read().cpu_seconds;
  double sum = 0;
  // The kernel counts in hundredths of a second.
  while (Read().cpu_seconds < before + 0.02) sum += 1;
  EXPECT_GT(sum, 0);
}

TEST(ProcessUsageTest, KnowsWhenTheProcessStarted) {
  const absl::StatusOr<absl::Time> start = ReadProcessStart();
  ASSERT_TRUE(start.ok()) << start.status();
  EXPECT_LE(*start, absl::Now());
  // Tests of this library take seconds, not an hour.
  EXPECT_GE(*start, absl::Now() - absl::Hours(1));
}

}  // namespace
}  // namespace atomstream
