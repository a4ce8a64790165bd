// `targets`, `visit` and `visits` against a fake daemon: exit codes, requests, what goes where.
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "gmock/gmock.h"
#include "tests/client/fake_targeting.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TargetsCommandTest : public ::testing::Test {
 protected:
  using Command = int (*)(const std::vector<std::string>&, const CliOutput&);

  int Call(Command command, std::vector<std::string> arguments) {
    arguments.push_back("--server=" + daemon_.address());
    out_.str("");
    err_.str("");
    return command(arguments, {out_, err_, {}});
  }

  FakeTargeting daemon_;
  std::ostringstream out_, err_;
};

TEST_F(TargetsCommandTest, PrintsATableOfTargetsThatMeetTheCriteria) {
  EXPECT_EQ(Call(&TargetsCommand, {"--kind=dopant", "--coordination=3"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("2 of 500 sites, selection selection-9"),
                                HasSubstr("35 ms old, drift measured"), HasSubstr("dopant")));
  EXPECT_EQ(daemon_.criteria().where().all_of().conditions_size(), 2);
}

TEST_F(TargetsCommandTest, SaysWhyThereAreNone) {
  EXPECT_EQ(Call(&TargetsCommand, {"--max_count=1"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("none of 500 sites meets the conditions"));
}

TEST_F(TargetsCommandTest, PrintsOneObjectAsJsonWithNullForWhatIsNotKnown) {
  EXPECT_EQ(Call(&TargetsCommand, {"--format=json"}), kExitOk);
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr(R"("selection_id":"selection-9")"), HasSubstr(R"("id":3)"),
                    HasSubstr(R"("coordination":3)"), HasSubstr(R"("coordination":null)"),
                    HasSubstr(R"("age_ms":35)"), HasSubstr(R"("x_px":10.5)")));
}

TEST_F(TargetsCommandTest, WatchesForTheWantedFramesAndTellsWhatCameAndWent) {
  EXPECT_EQ(Call(&TargetsCommand, {"--watch", "--frames=2", "--cluster=1"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("+3 at"), HasSubstr("-4 moved"), HasSubstr("2 frames skipped")));
  EXPECT_EQ(daemon_.criteria().where().cluster().ids(0), 1);
  EXPECT_EQ(Call(&TargetsCommand, {"--watch", "--frames=2", "--format=json"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr(R"("withdrawn":[{"id":4,"reason":"moved")"));
}

TEST_F(TargetsCommandTest, FailsWhenTheDaemonEndsTheWatchTooEarly) {
  EXPECT_EQ(Call(&TargetsCommand, {"--watch", "--frames=3"}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("UNAVAILABLE: shutting down"));
}

TEST_F(TargetsCommandTest, VisitsTargetsOfItsOwnSelection) {
  EXPECT_EQ(Call(&VisitCommand, {"3", "--dwell_ms=1500", "--holder=me", "--kind=dopant",
                                 "--allow_revisit", "--min_frames_sure=2"}),
            kExitOk)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("visit 1, target 3: completed, 0.250 s at (0.5000, 0.0000)"));
  ASSERT_EQ(daemon_.visits().size(), 1u);
  const v1::VisitTargetRequest visit = daemon_.visits()[0];
  EXPECT_EQ(visit.selection_id(), "selection-9");
  EXPECT_EQ(visit.epoch(), "epoch-1");
  EXPECT_EQ(visit.dwell_time().seconds(), 1);
  EXPECT_EQ(visit.dwell_time().nanos(), 500000000);
  EXPECT_EQ(visit.holder(), "me");
  EXPECT_TRUE(visit.allow_revisit());
  EXPECT_EQ(visit.min_frames_sure(), 2);
}

TEST_F(TargetsCommandTest, WaitsForFramesWhileATargetIsDoubtful) {
  EXPECT_EQ(Call(&VisitCommand, {"2", "--kind=dopant"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("visit 3, target 2: completed"));
  EXPECT_EQ(daemon_.visits().size(), 3u);
}

TEST_F(TargetsCommandTest, ADoubtfulTargetIsNotWaitedForBeyondTheTimeout) {
  // On a busy machine a call may take longer than the shortest of these.
  for (const char* timeout : {"0.05", "0.5", "5", "50"}) {
    EXPECT_EQ(Call(&VisitCommand, {"2", "--kind=dopant", absl::StrCat("--timeout_s=", timeout)}),
              kExitFailed);
    if (absl::StrContains(err_.str(), "TARGET_DOUBTFUL")) break;
  }
  EXPECT_THAT(err_.str(), HasSubstr("target 2: seen in 1 frame [TARGET_DOUBTFUL]"));
}

TEST_F(TargetsCommandTest, StopsAtTheFirstVisitThatFails) {
  EXPECT_EQ(Call(&VisitCommand, {"4", "3", "--selection=s", "--epoch=e"}), kExitFailed);
  EXPECT_THAT(out_.str(), HasSubstr("failed, 0.250 s at (0.5000, 0.0000) of the scan: the column"));
  EXPECT_THAT(err_.str(), HasSubstr("target 4: the visit ended failed"));
  ASSERT_EQ(daemon_.visits().size(), 1u);
  EXPECT_EQ(daemon_.visits()[0].selection_id(), "s");
  EXPECT_EQ(daemon_.visits()[0].epoch(), "e");
  EXPECT_EQ(Call(&VisitCommand, {"5", "3"}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("NOT_FOUND: target 5: no such target"));
  EXPECT_EQ(daemon_.visits().size(), 2u);
}

TEST_F(TargetsCommandTest, ListsTheLedgerPageByPage) {
  EXPECT_EQ(Call(&VisitsCommand, {}), kExitOk) << err_.str();
  for (const char* line : {"visit 1, target 10", "visit 2", "visit 3", "visit 4, target 40"}) {
    EXPECT_THAT(out_.str(), HasSubstr(line));
  }
  EXPECT_THAT(out_.str(), HasSubstr("1.500 s on targets"));
  EXPECT_EQ(Call(&VisitsCommand, {"--after=3", "--format=json"}), kExitOk);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr(R"("number":4)"), Not(HasSubstr(R"("number":3)"))));
}

TEST_F(TargetsCommandTest, RefusesWrongUsageBeforeItAsksTheDaemon) {
  const auto error = [&](Command command, const std::vector<std::string>& arguments) {
    EXPECT_EQ(Call(command, arguments), kExitUsage);
    EXPECT_THAT(out_.str(), IsEmpty());
    return err_.str();
  };
  EXPECT_THAT(error(&TargetsCommand, {"--kind=ghost"}), HasSubstr("--kind = ghost"));
  EXPECT_THAT(error(&TargetsCommand, {"--watch", "--frames=-1"}), HasSubstr("--frames = -1"));
  EXPECT_THAT(error(&TargetsCommand, {"3"}), HasSubstr("unexpected argument: 3"));
  EXPECT_THAT(error(&VisitCommand, {}), HasSubstr("give a TARGET"));
  EXPECT_THAT(error(&VisitCommand, {"three"}), HasSubstr("TARGET = three"));
  EXPECT_THAT(error(&VisitCommand, {"3", "--dwell_ms=0"}), HasSubstr("--dwell_ms = 0"));
  EXPECT_THAT(error(&VisitCommand, {"3", "--dwell_ms=nan"}), HasSubstr("--dwell_ms = nan"));
  EXPECT_THAT(error(&VisitCommand, {"3", "--selection=s"}), HasSubstr("--epoch"));
  EXPECT_THAT(error(&VisitCommand, {"3", "--selection=s", "--epoch=e", "--kind=dopant"}),
              HasSubstr("either --selection or criteria"));
  EXPECT_TRUE(daemon_.visits().empty());
}

}  // namespace
}  // namespace atomstream
