#include "client/export/results_export.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_split.h"
#include "tests/client/export/fake_history.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ResultsExportTest : public testing::Test {
 protected:
  ResultsExportTest() {
    for (int64_t i = 1; i <= 10; ++i) history_.results.push_back(ResultNumber(i));
    options_.path = folder_ / "out";
    options_.request = "--format=ndjson";
    options_.heading = "heading\n";
    options_.text_of = [](const v1::FrameResult& result) {
      return absl::StrCat(result.position().sequence(), "\n");
    };
    options_.timeout = absl::Seconds(10);
    hooks_.on_progress = [this](const ExportProgress& progress) { progress_.push_back(progress); };
    hooks_.on_notice = [this](const std::string& notice) { notices_.push_back(notice); };
    hooks_.now = [this] { return now_; };
    hooks_.wait = [this](absl::Duration duration) {
      now_ += duration;
      return true;
    };
    hooks_.interrupted = [this] { return interrupt_after_ >= 0 && interrupt_after_-- == 0; };
  }

  absl::StatusOr<ExportState> Run() { return ResultsExport(&history_, options_, hooks_).Run(); }

  std::string Contents(const std::string& name = "out") {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  size_t Files() {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  static std::string Numbers(int first, int last) {
    std::string text = "heading\n";
    for (int i = first; i <= last; ++i) absl::StrAppend(&text, i, "\n");
    return text;
  }

  TempFolder folder_;
  FakeHistory history_;
  ResultsExportOptions options_;
  ResultsExportHooks hooks_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  std::vector<ExportProgress> progress_;
  std::vector<std::string> notices_;
  int interrupt_after_ = -1;
};

TEST_F(ResultsExportTest, WritesEveryResultOnceInOrder) {
  const auto state = Run();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(Contents(), Numbers(1, 10));
  EXPECT_EQ(state->results, 10);
  EXPECT_EQ(state->first_sequence, 1);
  EXPECT_EQ(state->last_sequence, 10);
  EXPECT_EQ(state->numbers_without, 0);
  EXPECT_EQ(Files(), 1u);
  EXPECT_THAT(notices_, IsEmpty());
  ASSERT_EQ(progress_.size(), 4u);
  EXPECT_DOUBLE_EQ(progress_[0].fraction, 0.3);
  EXPECT_DOUBLE_EQ(progress_[3].fraction, 1);
}

TEST_F(ResultsExportTest, PassesFilterAndOrderOnEveryPage) {
  options_.filter.set_material("graphene");
  options_.newest_first = true;
  ASSERT_TRUE(Run().ok());
  ASSERT_EQ(history_.requests.size(), 4u);
  for (const v1::ListFrameResultsRequest& request : history_.requests) {
    EXPECT_EQ(request.filter().material(), "graphene");
    EXPECT_TRUE(request.newest_first());
    EXPECT_THAT(request.parts(), testing::Contains(v1::RESULT_PART_ATOMS));
  }
  EXPECT_THAT(Contents(), testing::StartsWith("heading\n10\n9\n"));
}

TEST_F(ResultsExportTest, StopsAtTheLimit) {
  options_.limit = 4;
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Contents(), Numbers(1, 4));
}

TEST_F(ResultsExportTest, AnEmptyHistoryMakesAFileWithItsHeading) {
  history_.results.clear();
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Contents(), "heading\n");
}

TEST_F(ResultsExportTest, CountsNumbersWithoutAResultUnlessFiltered) {
  history_.results.erase(history_.results.begin() + 4, history_.results.begin() + 6);
  EXPECT_EQ(Run()->numbers_without, 2);
  options_.overwrite = true;
  options_.newest_first = true;
  EXPECT_EQ(Run()->numbers_without, 2);
  options_.filter.set_detector("log_star");
  EXPECT_EQ(Run()->numbers_without, 0);
}

TEST_F(ResultsExportTest, GoesOnWhereItWasInterrupted) {
  interrupt_after_ = 2;
  const absl::Status interrupted = Run().status();
  EXPECT_TRUE(absl::IsCancelled(interrupted)) << interrupted;
  EXPECT_THAT(std::string(interrupted.message()), HasSubstr("after 6 results"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  interrupt_after_ = -1;
  history_.requests.clear();
  const auto state = Run();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(Contents(), Numbers(1, 10));
  EXPECT_EQ(state->results, 10);
  EXPECT_EQ(history_.requests.size(), 2u);  // nothing is fetched twice
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("6 results are there")));
  EXPECT_EQ(Files(), 1u);
}

TEST_F(ResultsExportTest, GoesOnWithTheFilterThatItBeganWith) {
  options_.filter.mutable_acquired_from()->set_seconds(100);  // "an hour ago", then
  interrupt_after_ = 1;
  EXPECT_FALSE(Run().ok());
  options_.filter.mutable_acquired_from()->set_seconds(200);  // "an hour ago", now
  interrupt_after_ = -1;
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(history_.requests.back().filter().acquired_from().seconds(), 100);
}

TEST_F(ResultsExportTest, DoesNotGoOnWithAnotherRequest) {
  interrupt_after_ = 1;
  EXPECT_FALSE(Run().ok());
  interrupt_after_ = -1;
  options_.request = "--format=ndjson --limit=3";
  const absl::Status refused = Run().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("was begun as \"--format=ndjson\""));
  options_.restart = true;
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Contents(), Numbers(1, 10));
}

TEST_F(ResultsExportTest, SaysThatTheEpochChangedAndFinishesWithWhatIsThere) {
  interrupt_after_ = 1;
  EXPECT_FALSE(Run().ok());
  interrupt_after_ = -1;
  history_.epoch = "e2";
  const absl::Status changed = Run().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(changed)) << changed;
  EXPECT_THAT(std::string(changed.message()), HasSubstr("epoch e1"));
  EXPECT_THAT(std::string(changed.message()), HasSubstr("epoch e2"));
  options_.finish = true;
  const auto state = Run();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(Contents(), Numbers(1, 3));
}

TEST_F(ResultsExportTest, NoticesAnEpochThatChangesOnTheWay) {
  history_.results[5].mutable_position()->set_epoch("e2");
  const absl::Status changed = Run().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(changed)) << changed;
  EXPECT_THAT(std::string(changed.message()), HasSubstr("epoch e2"));
}

TEST_F(ResultsExportTest, TellsOfResultsThatWentWhileItWasInterrupted) {
  interrupt_after_ = 1;
  EXPECT_FALSE(Run().ok());
  interrupt_after_ = -1;
  history_.results.erase(history_.results.begin(), history_.results.begin() + 6);
  history_.page_size = 1;  // the token of the fake is an index
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(notices_, testing::Contains(HasSubstr("results 4 to 6 are no longer kept")));
}

TEST_F(ResultsExportTest, FinishingNeedsSomethingToFinish) {
  options_.finish = true;
  EXPECT_TRUE(absl::IsNotFound(Run().status()));
}

TEST_F(ResultsExportTest, TriesAgainWhileTheDaemonIsAwayOrBusy) {
  history_.failures = {absl::UnavailableError("away"), absl::OkStatus(),
                       absl::ResourceExhaustedError("busy"), absl::UnavailableError("away")};
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Contents(), Numbers(1, 10));
  EXPECT_GT(now_, absl::FromUnixSeconds(1000));
}

TEST_F(ResultsExportTest, GivesUpAfterTheTimeoutAndGoesOnLater) {
  history_.failures.assign(1000, absl::UnavailableError("away"));
  history_.failures.push_front(absl::OkStatus());
  history_.failures.push_front(absl::OkStatus());
  EXPECT_TRUE(absl::IsUnavailable(Run().status()));
  EXPECT_EQ(now_ - absl::FromUnixSeconds(1000), options_.timeout);
  history_.failures.clear();
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Contents(), Numbers(1, 10));
}

TEST_F(ResultsExportTest, LeavesNothingIfThereNeverWasADaemon) {
  history_.failures.assign(1000, absl::UnavailableError("away"));
  ResultsExport results(&history_, options_, hooks_);
  EXPECT_TRUE(absl::IsUnavailable(results.Run().status()));
  EXPECT_FALSE(results.can_go_on());
}

TEST_F(ResultsExportTest, GivesUpAtOnceOnOtherErrors) {
  history_.failures = {absl::OkStatus(), absl::PermissionDeniedError("no")};
  EXPECT_TRUE(absl::IsPermissionDenied(Run().status()));
  EXPECT_EQ(now_, absl::FromUnixSeconds(1000));
}

TEST_F(ResultsExportTest, AsksForNothingIfTheFileIsThere) {
  WriteBytes(options_.path, "precious");
  EXPECT_TRUE(absl::IsAlreadyExists(Run().status()));
  EXPECT_THAT(history_.requests, IsEmpty());
  EXPECT_EQ(Contents(), "precious");
  options_.overwrite = true;
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Contents(), Numbers(1, 10));
  options_.path = folder_.path();
  EXPECT_FALSE(Run().ok());
}

// The first run is killed at its first step, the second at its second, …: each one goes on from
// what the one before has left, and the file is whole in the end.
void SurvivesKills(ResultsExportTest&,
                   const std::function<absl::Status(const std::function<void(const char*)>&)>& run,
                   const std::string& path) {
  int runs = 0;
  while (!std::filesystem::exists(path)) {
    ASSERT_LT(++runs, 300);
    const pid_t child = fork();
    if (child == 0) {
      int steps = 0;
      const absl::Status status = run([&](const char*) {
        if (++steps > 1 + runs % 9) raise(SIGKILL);
      });
      _exit(status.ok() ? 0 : 1);
    }
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    ASSERT_FALSE(WIFEXITED(state) && WEXITSTATUS(state) != 0) << "run " << runs;
  }
  EXPECT_GT(runs, 3);
}

TEST_F(ResultsExportTest, SurvivesKillsAtEveryStep) {
  SurvivesKills(
      *this,
      [this](const std::function<void(const char*)>& on_step) {
        hooks_.on_step = on_step;
        return Run().status();
      },
      options_.path);
  EXPECT_EQ(Contents(), Numbers(1, 10));
}

TEST_F(ResultsExportTest, SurvivesKillsAtEveryStepAsHdf5) {
  options_.format = ExportFormat::kHdf5;
  SurvivesKills(
      *this,
      [this](const std::function<void(const char*)>& on_step) {
        hooks_.on_step = on_step;
        return Run().status();
      },
      options_.path);
  EXPECT_EQ(Contents().substr(1, 3), "HDF");
}

class FramesExportTest : public ResultsExportTest {
 protected:
  FramesExportTest() {
    options_.format = ExportFormat::kHdf5;
    options_.with_frames = true;
    for (int64_t i = 1; i <= 10; ++i) {
      const std::string id = absl::StrCat("frame-", i);
      history_.frames[id] = FrameOf(id);
    }
  }
};

TEST_F(FramesExportTest, AsksForEachFrameOnce) {
  history_.results.push_back(ResultNumber(11));
  history_.results.back().set_frame_id("frame-9");  // another detector's result
  const auto state = Run();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(history_.frames_asked, 10);
  EXPECT_EQ(state->frames, 10);
  EXPECT_EQ(state->frames_missing, 0);
  EXPECT_EQ(Files(), 1u);
}

TEST_F(FramesExportTest, MissingPixelsAreToldAndNotFatal) {
  history_.frames.erase("frame-3");
  history_.failures = {absl::OkStatus(), absl::OkStatus(), absl::DataLossError("damaged")};
  const auto state = Run();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->frames, 8);
  EXPECT_EQ(state->frames_missing, 2);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("frame frame-1: damaged")));
}

TEST_F(FramesExportTest, AFrameOfTheWrongSizeIsAnError) {
  history_.frames["frame-3"].set_width_px(63);
  EXPECT_TRUE(absl::IsInternal(Run().status()));
}

}  // namespace
}  // namespace atomstream
