#include "client/export/partial_file.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class PartialFileTest : public testing::Test {
 protected:
  std::unique_ptr<PartialFile> Open(const PartialFile::Options& options = {}) {
    auto file = PartialFile::Open(Path(), options);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }

  absl::Status OpenError(const PartialFile::Options& options = {}) {
    return PartialFile::Open(Path(), options).status();
  }

  std::string Path() { return folder_ / "out"; }

  std::string Contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  size_t Files() {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  TempFolder folder_;
};

TEST_F(PartialFileTest, BecomesTheFileAndLeavesNothingElse) {
  auto file = Open();
  EXPECT_EQ(file->resumed_note(), "");
  ASSERT_TRUE(file->Append("hello ").ok());
  EXPECT_FALSE(std::filesystem::exists(Path()));
  ASSERT_TRUE(file->Commit("one\n").ok());
  ASSERT_TRUE(file->Append("world").ok());
  ASSERT_TRUE(file->Finish(false).ok());
  EXPECT_EQ(Contents(Path()), "hello world");
  EXPECT_EQ(Files(), 1u);
}

TEST_F(PartialFileTest, GoesOnBehindTheLastCommit) {
  {
    auto file = Open();
    ASSERT_TRUE(file->Append("kept").ok());
    ASSERT_TRUE(file->Commit("note with\nlines\n").ok());
    ASSERT_TRUE(file->Append("lost").ok());
  }
  auto file = Open();
  EXPECT_EQ(file->resumed_note(), "note with\nlines\n");
  EXPECT_EQ(file->bytes(), 4);
  ASSERT_TRUE(file->Append(" and new").ok());
  ASSERT_TRUE(file->Finish(false).ok());
  EXPECT_EQ(Contents(Path()), "kept and new");
}

TEST_F(PartialFileTest, LeavesNothingBeforeTheFirstCommit) {
  {
    auto file = Open();
    EXPECT_FALSE(file->committed());
  }
  EXPECT_EQ(Files(), 0u);
  {
    auto file = Open();
    ASSERT_TRUE(file->Commit("note").ok());
    EXPECT_TRUE(file->committed());
  }
  EXPECT_EQ(Files(), 2u);
}

TEST_F(PartialFileTest, BeginsAnewWhenTold) {
  {
    auto file = Open();
    ASSERT_TRUE(file->Append("kept").ok());
    ASSERT_TRUE(file->Commit("note").ok());
  }
  PartialFile::Options anew;
  anew.begin_anew = true;
  auto file = Open(anew);
  EXPECT_EQ(file->resumed_note(), "");
  EXPECT_EQ(file->bytes(), 0);
  EXPECT_EQ(Contents(file->part_path()), "");
}

TEST_F(PartialFileTest, OverwritesOnlyWhenTold) {
  WriteBytes(Path(), "precious");
  auto file = Open();
  ASSERT_TRUE(file->Append("new").ok());
  ASSERT_TRUE(file->Commit("note").ok());
  const absl::Status refused = file->Finish(false);
  EXPECT_TRUE(absl::IsAlreadyExists(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--force overwrites it"));
  EXPECT_EQ(Contents(Path()), "precious");
  ASSERT_TRUE(file->Finish(true).ok());
  EXPECT_EQ(Contents(Path()), "new");
  EXPECT_EQ(Files(), 1u);
}

TEST_F(PartialFileTest, AnotherFileMadeOfItBecomesTheFile) {
  auto file = Open();
  ASSERT_TRUE(file->Append("spool").ok());
  ASSERT_TRUE(file->Commit("note").ok());
  WriteBytes(folder_ / "whole", "made of it");
  ASSERT_TRUE(file->FinishWith(folder_ / "whole", false).ok());
  EXPECT_EQ(Contents(Path()), "made of it");
  EXPECT_EQ(Files(), 1u);
}

TEST_F(PartialFileTest, KeepsAwayFromAnotherProcessAndFromStrangersFiles) {
  {
    auto file = Open();
    EXPECT_TRUE(absl::IsAborted(OpenError()));
  }
  WriteBytes(Path() + ".part", "a stranger's");
  EXPECT_TRUE(absl::IsAlreadyExists(OpenError()));
  EXPECT_EQ(Contents(Path() + ".part"), "a stranger's");
}

TEST_F(PartialFileTest, NoticesDamage) {
  {
    auto file = Open();
    ASSERT_TRUE(file->Append("kept").ok());
    ASSERT_TRUE(file->Commit("note\n").ok());
  }
  const std::string resume = Contents(Path() + ".resume");
  for (size_t length = 0; length < resume.size(); ++length) {
    WriteBytes(Path() + ".resume", resume.substr(0, length));
    EXPECT_TRUE(absl::IsDataLoss(OpenError())) << length;
  }
  WriteBytes(Path() + ".resume", resume);
  WriteBytes(Path() + ".part", "kep");
  const absl::Status shorter = OpenError();
  EXPECT_TRUE(absl::IsDataLoss(shorter));
  EXPECT_THAT(std::string(shorter.message()), HasSubstr("has 3 bytes where 4 were written"));
}

TEST_F(PartialFileTest, TakesANoteWithoutItsDataForALeftOver) {
  {
    auto file = Open();
    ASSERT_TRUE(file->Append("kept").ok());
    ASSERT_TRUE(file->Commit("note").ok());
  }
  std::filesystem::remove(Path() + ".part");
  auto file = Open();
  EXPECT_EQ(file->resumed_note(), "");
  ASSERT_TRUE(file->Append("new").ok());
  ASSERT_TRUE(file->Finish(false).ok());
  EXPECT_EQ(Files(), 1u);
}

TEST_F(PartialFileTest, NamesAFolderThatIsNotThere) {
  EXPECT_TRUE(absl::IsNotFound(PartialFile::Open(folder_ / "none/out", {}).status()));
}

// Writes "0\n" to "9\n", each with a Commit that says how many there are, and finishes; goes on
// where it was.
absl::Status WriteTen(const std::string& path, const std::function<void(const char*)>& on_step) {
  PartialFile::Options options;
  options.on_step = on_step;
  auto file = PartialFile::Open(path, options);
  if (!file.ok()) return file.status();
  int begin = 0;
  if (!(*file)->resumed_note().empty()) {
    begin = std::stoi((*file)->resumed_note());
  } else if (const absl::Status first = (*file)->Commit("0\n"); !first.ok()) {
    return first;
  }
  for (int i = begin; i < 10; ++i) {
    for (const absl::Status& status : {(*file)->Append(std::to_string(i)), (*file)->Append("\n"),
                                       (*file)->Commit(std::to_string(i + 1) + "\n")}) {
      if (!status.ok()) return status;
    }
  }
  return (*file)->Finish(false);
}

// Every run is killed a step later than the one before; each goes on from what that left.
TEST_F(PartialFileTest, SurvivesKillsAtEveryStep) {
  int runs = 0;
  for (bool finished = false; !finished; ++runs) {
    ASSERT_LT(runs, 200);
    const pid_t child = fork();
    if (child == 0) {
      int steps = 0;
      const absl::Status status = WriteTen(Path(), [&](const char*) {
        if (++steps > 1 + runs % 7) raise(SIGKILL);
      });
      _exit(status.ok() ? 0 : 1);
    }
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    if (WIFEXITED(state)) {
      // Once placed, a later run finds the file there.
      ASSERT_TRUE(WEXITSTATUS(state) == 0 || std::filesystem::exists(Path())) << runs;
      finished = true;
    } else {
      finished = std::filesystem::exists(Path());
    }
  }
  EXPECT_GT(runs, 3);
  EXPECT_EQ(Contents(Path()), "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
}

}  // namespace
}  // namespace atomstream
