#include "tests/bench/commands.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/python_script.h"

namespace atomstream::bench {
namespace {

using ::testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(AccuracyCommandTest, MistakesAreRefusedBeforeAnythingIsMeasured) {
  EXPECT_THAT(MessageOf(RunAccuracy({"--detectors=dcnn"})), HasSubstr("\"dcnn\""));
  EXPECT_THAT(MessageOf(RunAccuracy({"--detectors="})), HasSubstr("--detectors: names none"));
  EXPECT_THAT(MessageOf(RunAccuracy({"--plot=a.svg", "--real=/nowhere"})), HasSubstr("--plot"));
  EXPECT_THAT(MessageOf(RunAccuracy({"--plot-counts=both"})), HasSubstr("--plot-counts"));
  EXPECT_THAT(MessageOf(RunAccuracy({"--device=tpu"})), HasSubstr("--device"));
  EXPECT_THAT(MessageOf(RunAccuracy({"--colour=red"})), HasSubstr("--colour"));
  EXPECT_EQ(RunAccuracy({"--real=/nowhere"}).code(), absl::StatusCode::kNotFound);
}

TEST(AccuracyCommandTest, PlotIsWritten) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/plot.svg";
  ASSERT_TRUE(RunAccuracy({"--materials=SrTiO3", "--pixel-sizes=0.02", "--hole=0", "--noise=0,0.2",
                           "--size=96", "--format=json", "--plot=" + file})
                  .ok());
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("SrTiO3, 0.02 nm/px"));
  EXPECT_THAT(text.str(), HasSubstr("LoG*"));
}

TEST(AccuracyCommandTest, PlotThatCannotBeWrittenIsAnError) {
  EXPECT_THAT(
      MessageOf(RunAccuracy({"--materials=SrTiO3", "--pixel-sizes=0.02", "--hole=0", "--noise=0",
                             "--size=96", "--format=json", "--plot=/nowhere/plot.svg"})),
      HasSubstr("/nowhere/plot.svg"));
}

TEST(SpeedCommandTest, MistakesAreRefused) {
  EXPECT_THAT(MessageOf(RunSpeed({"--parts=lunch"})), HasSubstr("\"lunch\""));
  EXPECT_THAT(MessageOf(RunSpeed({"--rounds=0"})), HasSubstr("--rounds"));
  // Without libtorch the reason is another one.
  EXPECT_THAT(MessageOf(RunSpeed({"--parts=unet"})),
              ::testing::AnyOf(HasSubstr("--model"), HasSubstr("without libtorch")));
}

}  // namespace
}  // namespace atomstream::bench
