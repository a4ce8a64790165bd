#include "server/log/stream_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/fakes/fake_clock.h"
#include "tests/server/log/test_pipe.h"

namespace atomstream {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class StreamLogTest : public testing::Test {
 protected:
  TestPipe pipe_;
  FakeClock clock_;
  StreamLog log_{pipe_.writer(), {.max_lines_per_kind = 2}, &clock_};
};

TEST_F(StreamLogTest, TooManyLinesOfAKindAreCountedAndTold) {
  for (int i = 0; i < 5; ++i) log_.Warning(absl::StrCat("frame refused (", i, ")"));
  log_.Info("another kind");
  clock_.Advance(LineLimiter::kPeriod);
  log_.Warning("frame refused (5)");
  log_.Info("end");
  const std::string text = pipe_.ReadUntil("INFO end\n");
  EXPECT_THAT(text, HasSubstr("refused (1)\n"));
  EXPECT_THAT(text, Not(HasSubstr("refused (2)")));
  EXPECT_THAT(text, HasSubstr("another kind"));
  EXPECT_THAT(text, HasSubstr("refused (5) [suppressed=3]"));
  EXPECT_EQ(log_.counts().suppressed, 3);
  EXPECT_EQ(log_.counts().lost, 0);
}

TEST_F(StreamLogTest, ForTheJournalEachLineBeginsWithItsLevel) {
  TestPipe journal;
  StreamLog log(journal.writer(), {.max_lines_per_kind = 1}, &clock_, /*to_journal=*/true);
  log.Info("one");
  log.Warning("two: a");
  log.Warning("two: b");
  clock_.Advance(LineLimiter::kPeriod);
  log.TellSuppressed();
  log.Info("end");
  const std::vector<std::string> lines = absl::StrSplit(journal.ReadUntil("INFO end\n"), '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_THAT(lines[0], StartsWith("<6>2"));
  EXPECT_THAT(lines[1], StartsWith("<4>2"));
  EXPECT_THAT(lines[2], AllOf(StartsWith("<4>2"), HasSubstr("1 more lines")));
  EXPECT_THAT(lines[3], StartsWith("<6>2"));
}

TEST_F(StreamLogTest, WhatWasSuppressedIsToldEvenIfNothingFollows) {
  for (int i = 0; i < 5; ++i) log_.Warning("source lost: gone");
  clock_.Advance(LineLimiter::kPeriod);
  log_.TellSuppressed();
  log_.TellSuppressed();
  log_.Info("end");
  const std::string text = pipe_.ReadUntil("INFO end\n");
  EXPECT_THAT(text, HasSubstr("3 more lines like \"source lost…\" were left out"));
  EXPECT_EQ(text.find("more lines"), text.rfind("more lines"));
}

TEST_F(StreamLogTest, WhatMustBeToldIsNeverSuppressedNorBelowTheLevel) {
  log_.SetOptions({.level = LogLevel::kWarning, .max_lines_per_kind = 1});
  log_.Info("not this");
  for (int i = 0; i < 5; ++i) log_.Write(LogLevel::kInfo, "audit: x", {.always = true});
  log_.Warning("end");
  const std::string text = pipe_.ReadUntil("WARNING end\n");
  EXPECT_THAT(text, Not(HasSubstr("not this")));
  size_t lines = 0;
  for (size_t at = 0; (at = text.find("audit: x", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, 5u);
}

TEST_F(StreamLogTest, TheFormatMayChangeWhileItRuns) {
  log_.Info("as text");
  log_.SetOptions({.format = LogFormat::kJson});
  log_.Write(LogLevel::kInfo, "as json", {.frame_id = "f1"});
  const std::string text = pipe_.ReadUntil("as json");
  EXPECT_THAT(text, HasSubstr(" INFO as text\n{\"time\":"));
  EXPECT_THAT(pipe_.ReadUntil("}\n"), HasSubstr("\"message\":\"as json\",\"frame_id\":\"f1\"}"));
}

}  // namespace
}  // namespace atomstream
