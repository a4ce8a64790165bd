// kill -9 while a process appends: whatever it has said to be appended is there.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

class CrashTest : public JournalTest {
 protected:
  // Appends for ever, and says each number through the pipe once it is appended.
  [[noreturn]] void AppendForEver(int pipe) {
    if (!Open().ok()) _exit(1);
    while (true) {
      const int64_t next = journal_->next_sequence();
      std::vector<NewEntry> batch;
      for (int64_t i = 0; i < 1 + next % 3; ++i) batch.push_back(MakeEntry(next + i));
      const auto first = journal_->AppendBatch(batch);
      if (!first.ok()) _exit(2);
      const int64_t last = *first + static_cast<int64_t>(batch.size()) - 1;
      if (write(pipe, &last, sizeof(last)) != sizeof(last)) _exit(3);
      if (next % 5 == 0 && !journal_->MaintainStep().ok()) _exit(4);
    }
  }

  // Starts such a process, kills it when it has said `count` numbers, and returns the last it said.
  int64_t RunAndKill(int count) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      AppendForEver(ends[1]);
    }
    close(ends[1]);
    int64_t last = 0;
    for (int i = 0; i < count; ++i) {
      if (read(ends[0], &last, sizeof(last)) != sizeof(last)) {
        ADD_FAILURE() << "the process ended by itself";
        break;
      }
    }
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    // What it said between the last look and its end.
    while (read(ends[0], &last, sizeof(last)) == sizeof(last)) {
    }
    close(ends[0]);
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    return last;
  }
};

TEST_F(CrashTest, WhatWasAcknowledgedIsThereAfterTwentyKills) {
  options_.retention.max_entries = 150;
  std::mt19937 random(5);
  std::string epoch;
  int64_t newest = 0;
  for (int i = 0; i < 20; ++i) {
    const int64_t acknowledged = RunAndKill(1 + static_cast<int>(random() % 30));
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(report_.damage, "") << "kill " << i;
    if (i == 0) epoch = journal_->epoch();
    EXPECT_EQ(journal_->epoch(), epoch);
    EXPECT_GT(acknowledged, newest);
    EXPECT_GE(journal_->range().newest, acknowledged);
    newest = journal_->range().newest;
    ExpectAllThere(journal_->range().oldest, newest);
    journal_.reset();
  }
  EXPECT_GT(newest, 200);
}

}  // namespace
}  // namespace atomstream
