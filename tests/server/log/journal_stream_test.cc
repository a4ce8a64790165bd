#include "server/log/journal_stream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/log/test_pipe.h"

namespace atomstream {
namespace {

TEST(JournalStreamTest, IsTheStreamThatTheVariableNames) {
  const TestPipe pipe, other;
  struct stat there;
  ASSERT_EQ(fstat(pipe.writer(), &there), 0);
  const std::string stream = absl::StrCat(there.st_dev, ":", there.st_ino);
  EXPECT_TRUE(LeadsToJournal(pipe.writer(), stream));
  EXPECT_FALSE(LeadsToJournal(other.writer(), stream)) << "led elsewhere";
  EXPECT_FALSE(LeadsToJournal(pipe.writer(), ""));
  EXPECT_FALSE(LeadsToJournal(-1, stream));
}

}  // namespace
}  // namespace atomstream
