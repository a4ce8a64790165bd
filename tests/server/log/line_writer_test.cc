#include "server/log/line_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/server/log/test_pipe.h"

namespace atomstream {
namespace {

std::string Lost(int64_t lines) { return absl::StrCat("lost ", lines, "\n"); }

TEST(LineWriterTest, LinesComeWholeAndInOrder) {
  TestPipe pipe;
  LineWriter writer(pipe.writer(), Lost);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    expected += absl::StrCat("line ", i, "\n");
    ASSERT_TRUE(writer.Write(absl::StrCat("line ", i, "\n")));
  }
  EXPECT_EQ(pipe.ReadUntil("line 499\n"), expected);
  EXPECT_EQ(writer.lost(), 0);
}

TEST(LineWriterTest, AFullPipeStopsNobodyAndTheLossIsCountedAndTold) {
  TestPipe pipe;
  const size_t filling = pipe.Fill();
  ASSERT_GT(filling, 0u);
  LineWriter writer(pipe.writer(), Lost);
  const int lines = static_cast<int>(LineWriter::kMaxLines) + 100;
  const absl::Time begin = absl::Now();
  int taken = 0;
  for (int i = 0; i < lines; ++i) taken += writer.Write(absl::StrCat("line ", i, "\n")) ? 1 : 0;
  // Not one of them waited for the reader. A loaded machine needs milliseconds.
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  EXPECT_EQ(taken + writer.lost(), lines);
  EXPECT_GE(writer.lost(), 99);  // the thread may hold one besides
  EXPECT_FALSE(writer.Flush(absl::Now()));
  const std::string text = pipe.ReadUntil(Lost(writer.lost())).substr(filling);
  const std::string expected = absl::StrCat("line 0\n", Lost(writer.lost()));
  EXPECT_EQ(text.substr(0, expected.size()), expected);
}

TEST(LineWriterTest, ItsEndDoesNotWaitForAReader) {
  TestPipe pipe;
  pipe.Fill();
  std::optional<LineWriter> writer(std::in_place, pipe.writer(), Lost);
  writer->Write("never read\n");
  const absl::Time begin = absl::Now();
  writer.reset();
  EXPECT_LT(absl::Now() - begin, LineWriter::kFarewell + absl::Seconds(5));
}

TEST(LineWriterTest, AReaderThatHasGoneIsNoEnd) {
  TestPipe pipe;
  LineWriter writer(pipe.writer(), Lost);
  pipe.CloseReader();
  for (int i = 0; i < 100; ++i) writer.Write("for nobody\n");
  EXPECT_TRUE(writer.Flush(absl::InfiniteFuture()));
  EXPECT_EQ(writer.lost(), 100);
}

TEST(LineWriterTest, WhatAFullDiskDidNotTakeIsCountedAndToldWhenThereIsRoomAgain) {
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  LineWriter writer(fileno(file), Lost);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlim_t usual = std::exchange(limit.rlim_cur, 10);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  for (int i = 0; i < 3; ++i) writer.Write(absl::StrCat("line ", i, "\n"));
  const bool flushed = writer.Flush(absl::InfiniteFuture());
  limit.rlim_cur = usual;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_TRUE(flushed);
  EXPECT_EQ(writer.lost(), 2);
  writer.Write("line 3\n");
  EXPECT_TRUE(writer.Flush(absl::InfiniteFuture()));
  char text[100] = {};
  std::rewind(file);
  EXPECT_GT(std::fread(text, 1, sizeof(text) - 1, file), 0u);
  // The half line stays, but no other is glued to it.
  EXPECT_EQ(std::string(text), "line 0\nlin\nline 3\nlost 2\n");
  std::fclose(file);
}

TEST(LineWriterTest, WhatWaitsIsWrittenBeforeTheEnd) {
  TestPipe pipe;
  {
    LineWriter writer(pipe.writer(), Lost);
    for (int i = 0; i < 100; ++i) writer.Write(absl::StrCat("line ", i, "\n"));
  }
  EXPECT_NE(pipe.ReadUntil("line 99\n").find("line 99\n"), std::string::npos);
}

}  // namespace
}  // namespace atomstream
