#include "core/base/allocation.h"

#include <sys/resource.h>

#include <cstddef>
#include <vector>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

long PageFaults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

TEST(AllocationTest, BlocksThatWereFreedAreTakenAgainWithoutFreshPages) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
  GTEST_SKIP() << "another allocator";
#endif
  KeepFreedMemory();
  // Several at once, as a frame has: a single one the C library would keep by itself.
  constexpr size_t kBytes = 8 << 20, kBlocks = 5, kPages = kBlocks * kBytes / 4096;
  const auto use = [] {
    return std::vector<std::vector<char>>(kBlocks, std::vector<char>(kBytes, 1)).back().back();
  };
  ASSERT_EQ(use(), 1);
  const long before = PageFaults();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(use(), 1);
  // Given back to the system, each time would cost a fault a page, or fewer with huge ones.
  EXPECT_LT(PageFaults() - before, static_cast<long>(kPages / 100));
}

}  // namespace
}  // namespace atomstream
