// The commands against a fake daemon: exit codes, and what goes where.
#include "client/cli/cli_command.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_split.h"
#include "client/cpp/image_file.h"
#include "gmock/gmock.h"
#include "tests/client/fake_analysis.h"
#include "tests/client/image_fixtures.h"
#include "tests/fakes/held_port.h"

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
  const HeldPort nobody;
  EXPECT_EQ(Call(&WatchCommand, {"--timeout-s=0.3", "--server", nobody.address()}, nullptr),
            kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no daemon at " + nobody.address()));
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
  EXPECT_EQ(Call(&GetCommand, {"f"}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("frame          f"));
}

TEST_F(CliCommandTest, HistoryFollowsThePagesUpToTheLimit) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&HistoryCommand, {"--format=json"}, &daemon), kExitOk);
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(out_.str(), '\n')).size(), 5u);
  EXPECT_EQ(Call(&HistoryCommand, {"--format=json", "--limit=3"}, &daemon), kExitOk);
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(out_.str(), '\n')).size(), 4u);
  EXPECT_THAT(out_.str(), HasSubstr("\"sequence\":3"));
}

TEST_F(CliCommandTest, HistoryPrintsATableForPeopleAndATableForPrograms) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&HistoryCommand, {"--limit=1"}, &daemon), kExitOk);
  std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("sequence  acquired"));
  EXPECT_THAT(lines[1], HasSubstr("2023-11-14 22:13:21.000 UTC"));
  EXPECT_THAT(lines[1], HasSubstr("frame-1"));
  EXPECT_EQ(Call(&HistoryCommand, {"--format=csv"}, &daemon), kExitOk);
  lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(lines[0], HasSubstr("epoch,sequence,frame_id,"));
  EXPECT_THAT(lines[4], HasSubstr("present,4,\"frame-4\",0,,2023-11-14T22:13:24.000000Z"));
  const size_t columns = std::vector<std::string>(absl::StrSplit(lines[0], ',')).size();
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(lines[4], ',')).size(), columns);
}

TEST_F(CliCommandTest, HistoryAsksForWhatTheFlagsSay) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&HistoryCommand,
                 {"--from=2026-11-23T10:00:00Z", "--detector=unet", "--max_qc=0.1", "--failed",
                  "--newest_first", "--limit=2"},
                 &daemon),
            kExitOk)
      << err_.str();
  const v1::ListFrameResultsRequest request = daemon.listed();
  EXPECT_EQ(request.filter().acquired_from().seconds(), 1795428000);
  EXPECT_EQ(request.filter().detector(), "unet");
  EXPECT_EQ(request.filter().max_qc(), 0.1);
  EXPECT_TRUE(request.filter().has_succeeded());
  EXPECT_FALSE(request.filter().succeeded());
  EXPECT_TRUE(request.newest_first());
  EXPECT_EQ(request.page_size(), 2);
}

TEST_F(CliCommandTest, HistoryOfNothingSaysSoToPeopleOnly) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&HistoryCommand, {"--material=cheese"}, &daemon), kExitOk);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(err_.str(), HasSubstr("no such results are kept"));
  EXPECT_EQ(Call(&HistoryCommand, {"--material=cheese", "--format=csv"}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("epoch,sequence"));
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(Call(&HistoryCommand, {"--material=cheese", "--format=json"}, &daemon), kExitOk);
  EXPECT_EQ(out_.str() + err_.str(), "");
}

TEST_F(CliCommandTest, ExportWritesManyResultsAsData) {
  FakeAnalysis daemon;
  const std::string path = folder_ / "atoms.csv";
  ASSERT_EQ(Call(&ExportCommand, {"--output", path}, &daemon), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("atoms.csv: 4 results, 1 to 4 of epoch present"));
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ASSERT_EQ(lines.size(), 6u);  // heading, an atom a result, the empty rest
  EXPECT_THAT(lines[4], HasSubstr("\"frame-4\",0,4,log_star,\"\",1.5,2.5"));
  EXPECT_EQ(Call(&ExportCommand, {"--output", path}, &daemon), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("atoms.csv: File exists; --force overwrites it"));
  for (const char* name : {"a.ndjson", "a.xyz", "a.extxyz", "a.h5"}) {
    EXPECT_EQ(Call(&ExportCommand, {"--output", folder_ / name}, &daemon), kExitOk) << err_.str();
    EXPECT_TRUE(std::filesystem::exists(folder_ / name)) << name;
  }
}

TEST_F(CliCommandTest, StatusTellsAndFailsWithoutADaemon) {
  FakeAnalysis daemon;
  EXPECT_EQ(Call(&StatusCommand, {}, &daemon), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("version     9.9"));
  const HeldPort nobody;
  EXPECT_EQ(Call(&StatusCommand, {"--server", nobody.address(), "--timeout_s=0.1"}, nullptr),
            kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no connection"));
}

TEST_F(CliCommandTest, WrongUsageNamesTheFlag) {
  EXPECT_EQ(Call(&WatchCommand, {"--frames=-1"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--frames = -1"));
  EXPECT_EQ(Call(&WatchCommand, {"--policy=lossy"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--policy = lossy"));
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
  EXPECT_EQ(Call(&GetCommand, {"f", "--sequence=1"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&GetCommand, {"--sequence=-3"}, nullptr), kExitUsage);
  EXPECT_EQ(Call(&HistoryCommand, {"--limit=-1"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--limit = -1"));
  EXPECT_EQ(Call(&HistoryCommand, {"--from=soon"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--from = soon"));
  EXPECT_EQ(Call(&ExportCommand, {"--output=a.csv", "--with_frames"}, nullptr), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("only hdf5 can hold pixels"));
  EXPECT_EQ(Call(&ExportCommand, {"--output=a.csv", "--restart", "--finish"}, nullptr), kExitUsage);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CliCommandTest, EveryCommandExplainsItself) {
  for (const Command command : {&WatchCommand, &AnalyzeCommand, &GetCommand, &HistoryCommand,
                                &HealthCommand, &StatusCommand, &ExportCommand, &ParetoCommand,
                                &SteerCommand, &TargetsCommand, &VisitCommand, &VisitsCommand}) {
    EXPECT_EQ(Call(command, {"--help"}, nullptr), kExitOk);
    EXPECT_THAT(out_.str(), HasSubstr("--server"));
    EXPECT_THAT(out_.str(), HasSubstr("--ca "));
  }
}

}  // namespace
}  // namespace atomstream
