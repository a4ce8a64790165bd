#include "server/journal/disk_reserve.h"

#include <sys/stat.h>

#include <filesystem>

#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

int64_t BlocksOf(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 ? about.st_blocks * 512 : 0;
}

TEST(DiskReserveTest, TakesRealSpaceOnceAndGivesItUpOnce) {
  const std::string path = TestFolder() + "atomstream_reserve";
  std::filesystem::remove(path);
  DiskReserve reserve(path);
  EXPECT_FALSE(reserve.Give());
  reserve.Take();
  EXPECT_GE(BlocksOf(path), DiskReserve::kBytes);
  reserve.Take();
  EXPECT_TRUE(reserve.Give());
  EXPECT_EQ(BlocksOf(path), 0);
  EXPECT_FALSE(reserve.Give());
  reserve.Take();
  EXPECT_GE(BlocksOf(path), DiskReserve::kBytes);
  std::filesystem::remove(path);
}

TEST(DiskReserveTest, WhereItCannotLieThereIsNone) {
  DiskReserve reserve("/nonexistent/reserve");
  reserve.Take();
  EXPECT_FALSE(reserve.Give());
}

using JournalReserveTest = JournalTest;

TEST_F(JournalReserveTest, IsTakenWhenThereIsNothingElseToDoAndStays) {
  ASSERT_TRUE(Open().ok());
  AppendMany(10);
  EXPECT_FALSE(std::filesystem::exists(options_.path + ".reserve"));
  Maintain();
  EXPECT_GE(BlocksOf(options_.path + ".reserve"), DiskReserve::kBytes);
  ASSERT_TRUE(Open().ok());
  ExpectAllThere(1, 10);
  EXPECT_GE(BlocksOf(options_.path + ".reserve"), DiskReserve::kBytes);
}

}  // namespace
}  // namespace atomstream
