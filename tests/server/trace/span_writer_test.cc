#include "server/trace/span_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/server/trace/traced_results.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;

class SpanWriterTest : public testing::Test {
 protected:
  SpanWriterTest() {
    fs::remove(path_);
    fs::remove(path_ + ".1");
  }

  SpanWriterDependencies Dependencies() {
    return {.resource = {.version = "1.2.3", .instance = "epoch-1"},
            .random = CountingRandom(),
            .written = &written_,
            .dropped = &dropped_,
            .log = &log_};
  }

  static std::vector<std::string> LinesOf(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "spans-",
                   testing::UnitTest::GetInstance()->current_test_info()->name(), ".jsonl");
  Counter written_;
  Counter dropped_;
  SilentLog log_;
};

TEST_F(SpanWriterTest, EachResultIsALineAndAllAreThereAfterTheEnd) {
  SpanWriter writer({.file = path_}, Dependencies());
  for (int i = 0; i < 20; ++i) writer.Add(MakeTracedResult(absl::StrCat("frame-", i, "-")));
  writer.Shutdown();
  const std::vector<std::string> lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 20u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(absl::StrContains(lines[i], absl::StrCat("frame-", i, "-"))) << i;
  }
  EXPECT_EQ(written_.value(), 20 * 8);
  EXPECT_EQ(dropped_.value(), 0);
  writer.Add(MakeTracedResult("late"));
  EXPECT_EQ(dropped_.value(), 1);
}

TEST_F(SpanWriterTest, ABoundedFileIsBegunAnewAndTheOneBeforeIsKept) {
  SpanWriter writer({.file = path_, .max_file_bytes = 5000}, Dependencies());
  for (int i = 0; i < 50; ++i) writer.Add(MakeTracedResult("f"));
  writer.Shutdown();
  const auto size = [](const std::string& path) {
    return fs::exists(path) ? fs::file_size(path) : 0;
  };
  EXPECT_GE(size(path_ + ".1"), 5000u);
  EXPECT_LT(size(path_ + ".1"), 5000u + 4000u);  // one line beyond at most
  EXPECT_LT(size(path_), 5000u + 4000u);
  EXPECT_EQ(written_.value(), 50 * 8);
}

TEST_F(SpanWriterTest, SpansCanBeSwitchedOnAndOffAndGoToAnotherFile) {
  const std::string other = path_ + ".other";
  fs::remove(other);
  SpanWriter writer({}, Dependencies());
  writer.Add(MakeTracedResult("unwanted"));
  writer.SetOptions({.file = path_});
  for (int i = 0; i < 5; ++i) writer.Add(MakeTracedResult("first"));
  writer.SetOptions({.file = other, .all_frames = false});
  writer.Add(MakeTracedResult("unwanted"));
  writer.Add(MakeTracedResult("second", kTraceParent));
  writer.SetOptions({});
  writer.Add(MakeTracedResult("unwanted"));
  writer.Shutdown();
  // Each went where it was meant to go when it came.
  EXPECT_EQ(LinesOf(path_).size(), 5u);
  ASSERT_EQ(LinesOf(other).size(), 1u);
  EXPECT_TRUE(absl::StrContains(LinesOf(other)[0], "second"));
  EXPECT_EQ(dropped_.value(), 0);
  fs::remove(other);
}

TEST_F(SpanWriterTest, OnRequestOnlyCallersThatKeepTheirTraceHaveSpans) {
  SpanWriter writer({.file = path_, .all_frames = false}, Dependencies());
  writer.Add(MakeTracedResult("live"));
  writer.Add(MakeTracedResult("kept", kTraceParent));
  std::string not_sampled = kTraceParent;
  not_sampled.back() = '0';
  writer.Add(MakeTracedResult("not-sampled", not_sampled));
  writer.Shutdown();
  ASSERT_EQ(LinesOf(path_).size(), 1u);
  EXPECT_TRUE(absl::StrContains(LinesOf(path_)[0], "\"kept\""));
  EXPECT_EQ(dropped_.value(), 0);
}

TEST_F(SpanWriterTest, WhatCannotBeWrittenIsCounted) {
  SpanWriter writer({.file = "/nonexistent/folder/spans"}, Dependencies());
  for (int i = 0; i < 3; ++i) writer.Add(MakeTracedResult("f"));
  writer.Shutdown();
  EXPECT_EQ(dropped_.value(), 3);
  EXPECT_EQ(written_.value(), 0);
}

TEST_F(SpanWriterTest, AFileThatCannotBeIsNamedBeforehand) {
  EXPECT_TRUE(CheckSpanFile("").ok());
  EXPECT_TRUE(CheckSpanFile(path_).ok());
  EXPECT_FALSE(fs::exists(path_));
  for (const std::string& path : {std::string("/nonexistent/x"), testing::TempDir()}) {
    const absl::Status status = CheckSpanFile(path);
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat("trace.spans_file = ", path)))
        << status;
  }
}

}  // namespace
}  // namespace atomstream
