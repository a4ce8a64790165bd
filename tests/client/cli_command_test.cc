// The commands against a fake daemon: exit codes, and what goes where.
#include "client/cli/cli_command.h"

#include <sstream>

#include "absl/strings/str_split.h"
#include "client/cpp/image_file.h"
#include "gmock/gmock.h"
#include "tests/client/fake_analysis.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using Script = FakeAnalysis::Script;

v1::SubscribeResponse RunAt(int64_t sequence) {
  v1::SubscribeResponse message;
  message.mutable_run()->mutable_position()->set_epoch("e");
  message.mutable_run()->mutable_position()->set_sequence(sequence);
  return message;
}

v1::SubscribeResponse ResultAt(int64_t sequence) {
  v1::SubscribeResponse message;
  message.mutable_result()->mutable_position()->set_epoch("e");
  message.mutable_result()->mutable_position()->set_sequence(sequence);
  return message;
}

v1::SubscribeResponse GapOver(int64_t first, int64_t last) {
  v1::SubscribeResponse message;
  message.mutable_gap()->set_first_sequence(first);
  message.mutable_gap()->set_last_sequence(last);
  return message;
}

class CliCommandTest : public ::testing::Test {
 protected:
  using Command = int (*)(const std::vector<std::string>&, const CliOutput&);

  int Call(Command command, std::vector<std::string> arguments, const FakeAnalysis* daemon) {
    if (daemon != nullptr) arguments.push_back("--server=" + daemon->address());
    out_.str("");
    err_.str("");
    return command(arguments, {out_, err_, {}});
  }

  std::string WriteImage(const std::string& name, int pages = 1) {
    const RawImage image{8, 8, RawImage::PixelType::kU8, std::string(64, 'x'), 0};
    EXPECT_TRUE(WriteNpy(folder_ / name, std::vector<RawImage>(pages, image)).ok());
    return folder_ / name;
  }

  TempFolder folder_;
  std::ostringstream out_, err_;
};

TEST_F(CliCommandTest, WatchSucceedsWhenTheWantedResultsCameInOrder) {
  FakeAnalysis daemon({Script{{RunAt(4), ResultAt(5), GapOver(6, 7), ResultAt(8)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=2"}, &daemon), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("2 results"));
  EXPECT_THAT(out_.str(), HasSubstr("2 in gaps"));
}

TEST_F(CliCommandTest, WatchFailsWhenAResultIsMissingAndNoGapSaysSo) {
  FakeAnalysis daemon({Script{{RunAt(4), ResultAt(5), ResultAt(7), ResultAt(8)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=3"}, &daemon), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("results 6 to 6 are missing and no gap was declared"));
}

TEST_F(CliCommandTest, WatchSubscribesAgainWhenTheDaemonEndsTheStream) {
  FakeAnalysis daemon({Script{{RunAt(0), ResultAt(1)}}, Script{{RunAt(3), ResultAt(4)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=2"}, &daemon), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("2 while away; 1 reconnects"));
}

TEST_F(CliCommandTest, WatchTakesACancelledStreamForALostOne) {
  FakeAnalysis daemon({Script{{RunAt(0)}, grpc::Status(grpc::StatusCode::CANCELLED, "")},
                       Script{{RunAt(0), ResultAt(1)}, grpc::Status::OK}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=1"}, &daemon), kExitOk) << err_.str();
}

TEST_F(CliCommandTest, WatchGivesUpOnARefusalAndTellsTheReason) {
  FakeAnalysis daemon({Script{
      {},
      StatusWithReason(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many", "TOO_MANY_SUBSCRIBERS")}});
  EXPECT_EQ(Call(&WatchCommand, {}, &daemon), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("RESOURCE_EXHAUSTED: too many [TOO_MANY_SUBSCRIBERS]"));
}

TEST_F(CliCommandTest, WatchGivesUpWhenNoDaemonComes) {
  std::string address;
  { address = FakeAnalysis().address(); }
  EXPECT_EQ(Call(&WatchCommand, {"--timeout-s=0.3", "--server", address}, nullptr), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no daemon at " + address));
}

TEST_F(CliCommandTest, WatchOfOneDetectorAsksForItAndTakesTheOthersNumbersForNoLoss) {
  FakeAnalysis daemon({Script{{RunAt(4), ResultAt(6), GapOver(8, 10), ResultAt(12)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=2", "--detector=unet"}, &daemon), kExitOk) << err_.str();
  EXPECT_THAT(daemon.subscribed(), testing::ElementsAre("unet"));
  FakeAnalysis both({Script{{RunAt(4), ResultAt(5)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=1"}, &both), kExitOk);
  EXPECT_THAT(both.subscribed(), testing::IsEmpty());  // whatever the daemon has
}

TEST_F(CliCommandTest, WatchAsksForClustersOnlyWhenTold) {
  FakeAnalysis without({Script{{RunAt(0), ResultAt(1)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=1"}, &without), kExitOk);
  EXPECT_THAT(without.parts(), testing::ElementsAre(v1::RESULT_PART_FRONT));
  FakeAnalysis with({Script{{RunAt(0), ResultAt(1)}}});
  EXPECT_EQ(Call(&WatchCommand, {"--frames=1", "--clusters"}, &with), kExitOk);
  EXPECT_THAT(with.parts(), testing::ElementsAre(v1::RESULT_PART_FRONT, v1::RESULT_PART_CLUSTERS,
                                                 v1::RESULT_PART_STRUCTURE));
}

TEST_F(CliCommandTest, AnalyzePrintsEveryDetectorOrTheOneThatIsAskedFor) {
  FakeAnalysis daemon;
  const std::string file = WriteImage("a.npy");
  EXPECT_EQ(Call(&AnalyzeCommand, {file}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("log_star"));
  EXPECT_THAT(out_.str(), HasSubstr("unet"));
  EXPECT_THAT(out_.str(), HasSubstr("model lattice@1"));
  EXPECT_EQ(Call(&AnalyzeCommand, {file, "--detector=unet"}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), testing::Not(HasSubstr("log_star")));
  EXPECT_THAT(out_.str(), HasSubstr("unet"));
}

TEST_F(CliCommandTest, AnalyzeAsCsvPrintsOneLineAnAtomUnderOneHeading) {
  FakeAnalysis daemon;
  const std::string a = WriteImage("a.npy"), b = WriteImage("b.npy");
  EXPECT_EQ(Call(&AnalyzeCommand, {a, b, "--format=csv"}, &daemon), kExitOk);
  const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 6u);  // heading, two frames of two detectors, and the empty rest
  EXPECT_THAT(lines[0], HasSubstr("frame_id,"));
  EXPECT_EQ(lines[4], "\"b.npy#0\",0,0,unet,\"lattice@1\",1.5,,,,,,,,,,,");
}

TEST_F(CliCommandTest, AnalyzePrintsOneObjectADetectorAndFrame) {
  FakeAnalysis daemon;
  const std::string a = WriteImage("a.npy"), b = WriteImage("b.npy", 2);
  EXPECT_EQ(
      Call(&AnalyzeCommand,
           {a, b, "--format=json", "--pixel-size-nm=0.02", "--material=x", "--detector=log_star"},
           &daemon),
      kExitOk)
      << err_.str();
  const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], HasSubstr("{\"file\":\"" + a + "\",\"page\":0,\"frame_id\":\"a.npy#0\""));
  EXPECT_THAT(lines[2], HasSubstr("\"page\":1,\"frame_id\":\"b.npy#1\""));
  const std::vector<v1::Frame> frames = daemon.frames();
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2].pixel_size_nm(), 0.02);
  EXPECT_EQ(frames[2].material(), "x");
  EXPECT_EQ(frames[2].pixel_type(), v1::PIXEL_TYPE_U8);
  EXPECT_EQ(frames[2].pixels().size(), 64u);
}

TEST_F(CliCommandTest, AnalyzeGoesOnBehindABadFileAndFailsInTheEnd) {
  FakeAnalysis daemon;
  WriteBytes(folder_ / "bad.npy", "rubbish");
  const std::string good = WriteImage("good.npy");
  EXPECT_EQ(Call(&AnalyzeCommand, {folder_ / "bad.npy", good}, &daemon), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("bad.npy: neither an NPY nor a TIFF file"));
  EXPECT_THAT(out_.str(), HasSubstr("good.npy[0]"));
}

TEST_F(CliCommandTest, AnalyzeFailsWhenTheDaemonRefusesOrItsDetectorFails) {
  FakeAnalysis daemon;
  const std::string file = WriteImage("a.npy");
  EXPECT_EQ(Call(&AnalyzeCommand, {file, "--material=cheese"}, &daemon), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("a.npy[0]: no such material [MATERIAL_UNKNOWN]"));
  EXPECT_EQ(Call(&AnalyzeCommand, {file, "--material=broken"}, &daemon), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the detector broke"));
}

TEST_F(CliCommandTest, GetAsksForThePresentEpochUnlessToldOne) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&GetCommand, {"--sequence=7", "--format=json"}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr(R"("epoch":"present","sequence":7)"));
  EXPECT_EQ(Call(&GetCommand, {"--sequence=7", "--epoch=old", "--format=json"}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr(R"("epoch":"old","sequence":7)"));
  EXPECT_EQ(Call(&GetCommand, {"--frame_id=f"}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("frame          f"));
}

TEST_F(CliCommandTest, ListFollowsThePagesUpToTheLimit) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&ListCommand, {"--format=json"}, &daemon), kExitOk);
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(out_.str(), '\n')).size(), 5u);
  EXPECT_EQ(Call(&ListCommand, {"--format=json", "--limit=3"}, &daemon), kExitOk);
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(out_.str(), '\n')).size(), 4u);
  EXPECT_THAT(out_.str(), HasSubstr("\"sequence\":3"));
}

TEST_F(CliCommandTest, StatusTellsAndFailsWithoutADaemon) {
  std::string address;
  {
    FakeAnalysis daemon;
    address = daemon.address();
    EXPECT_EQ(Call(&StatusCommand, {}, &daemon), kExitOk);
    EXPECT_THAT(out_.str(), HasSubstr("version     9.9"));
  }
  EXPECT_EQ(Call(&StatusCommand, {"--server", address, "--timeout_s=0.1"}, nullptr), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no connection"));
}

TEST_F(CliCommandTest, WrongUsageNamesTheFlag) {
  EXPECT_EQ(Call(&WatchCommand, {"--frames=-1"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--frames = -1"));
  EXPECT_EQ(Call(&WatchCommand, {"--policy=lossless"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--policy = lossless"));
  EXPECT_EQ(Call(&StatusCommand, {"--format=xml"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--format = xml"));
  EXPECT_EQ(Call(&StatusCommand, {"--format=csv"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&WatchCommand, {"--detector=yolo"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--detector = yolo"));
  EXPECT_EQ(Call(&AnalyzeCommand, {"a.npy", "--detector=yolo"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&StatusCommand, {"--timeout_s=0"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&StatusCommand, {"extra"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&AnalyzeCommand, {}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&AnalyzeCommand, {"a.npy", "--pixel_size_nm=-1"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&AnalyzeCommand, {"a.npy", "--server="}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--server = : must be host:port"));
  EXPECT_EQ(Call(&GetCommand, {}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&GetCommand, {"--frame_id=f", "--sequence=1"}, nullptr), kExitUsage);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CliCommandTest, EveryCommandExplainsItself) {
  for (const Command command :
       {&WatchCommand, &AnalyzeCommand, &GetCommand, &ListCommand, &StatusCommand, &ExportCommand,
        &ParetoCommand, &SteerCommand, &TargetsCommand, &VisitCommand, &VisitsCommand}) {
    EXPECT_EQ(Call(command, {"--help"}, nullptr), kExitOk);
    EXPECT_THAT(out_.str(), HasSubstr("--server"));
    EXPECT_THAT(out_.str(), HasSubstr("--ca "));
  }
}

}  // namespace
}  // namespace atomstream
