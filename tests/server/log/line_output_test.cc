#include "server/log/line_output.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/log/line_writer.h"
#include "tests/server/log/test_pipe.h"
#include "tests/server/log/test_terminal.h"

namespace atomstream {
namespace {

const std::string kMuch(1 << 20, 'x');

// Writes until it is refused; a descriptor that waits would never come back.
int64_t WriteUntilFull(const LineOutput& output) {
  int64_t taken = 0;
  while (true) {
    const ssize_t written = output.Write(kMuch);
    if (written < 0) {
      EXPECT_EQ(errno, EAGAIN);
      return taken;
    }
    taken += written;
  }
}

std::string Lost(int64_t lines) { return absl::StrCat("lost ", lines, "\n"); }

TEST(LineOutputTest, ATerminalThatNobodyReadsTakesNothingMoreButDoesNotWait) {
  TestTerminal terminal;
  const LineOutput output(terminal.terminal());
  ASSERT_TRUE(output.never_waits());
  EXPECT_GT(WriteUntilFull(output), 0);
  EXPECT_EQ(fcntl(terminal.terminal(), F_GETFL) & O_NONBLOCK, 0) << "others share it";
}

TEST(LineOutputTest, APipeThatNobodyReadsTakesNothingMoreButDoesNotWait) {
  TestPipe pipe;
  const LineOutput output(pipe.writer());
  ASSERT_TRUE(output.never_waits());
  EXPECT_GT(WriteUntilFull(output), 0);
  EXPECT_EQ(fcntl(pipe.writer(), F_GETFL) & O_NONBLOCK, 0) << "others share it";
  EXPECT_FALSE(output.WaitForRoom(0));
}

TEST(LineOutputTest, ASocketThatNobodyReadsTakesNothingMoreButDoesNotWait) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  {
    const LineOutput output(ends[0]);
    ASSERT_TRUE(output.never_waits());
    EXPECT_GT(WriteUntilFull(output), 0);
    EXPECT_EQ(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0) << "others share it";
  }
  close(ends[0]);
  close(ends[1]);
}

// The other end of a terminal is a terminal, too, but opened anew it would be another one.
TEST(LineOutputTest, DoesNotTakeAnotherTerminalForIts) {
  TestTerminal terminal;
  const LineOutput output(terminal.screen());
  EXPECT_FALSE(output.never_waits());
  EXPECT_EQ(output.Write("typed"), 1) << "little at a time";
}

TEST(LineOutputTest, AFileIsWrittenWhereItStands) {
  const std::string path = testing::TempDir() + "line_output_file";
  const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(write(file, "before ", 7), 7);
  EXPECT_EQ(LineOutput(file).Write("after"), 5);
  char text[32] = "";
  EXPECT_EQ(pread(file, text, sizeof(text), 0), 12);
  EXPECT_STREQ(text, "before after");
  close(file);
}

// Ctrl-S, or an ssh whose network is gone. There is a little room left, which poll() calls room,
// and a line that does not fit: a write that waits would stay in there until somebody reads.
TEST(LineWriterTest, ATerminalThatIsNearlyFullStopsNeitherTheThreadNorTheEnd) {
  TestTerminal terminal;
  std::optional<LineWriter> writer(std::in_place, terminal.terminal(), Lost);
  const std::string line = std::string(1000, 'x') + "\n";
  for (size_t i = 0; i < LineWriter::kMaxBytes / line.size(); ++i) writer->Write(line);
  writer->Write("never read\n");
  const absl::Time begin = absl::Now();
  writer.reset();
  EXPECT_LT(absl::Now() - begin, LineWriter::kFarewell + absl::Seconds(5));
}

TEST(LineWriterTest, LinesComeWholeFromATerminalThatIsReadAgain) {
  TestTerminal terminal;
  terminal.Fill();
  LineWriter writer(terminal.terminal(), Lost);
  const std::string line(1000, 'x');
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(writer.Write(line + "\n"));
  ASSERT_TRUE(writer.Write("end\n"));
  EXPECT_FALSE(writer.Flush(absl::Now()));
  const std::string shown = terminal.ReadUntil("end\r\n");
  const size_t first = shown.find('x');
  ASSERT_NE(first, std::string::npos);
  std::string expected;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&expected, line, "\r\n");
  EXPECT_EQ(shown.substr(first), expected + "end\r\n");
}

}  // namespace
}  // namespace atomstream
