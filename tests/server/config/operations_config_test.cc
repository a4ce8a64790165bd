#include "server/config/operations_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/config/config.h"
#include "server/config/config_place.h"

namespace atomstream {
namespace {

using testing::StartsWith;

TEST(OperationsConfigTest, TheDefaultsAreThoseOfTheOptions) {
  const DaemonOptions options = *ParseConfig("");
  EXPECT_EQ(options.log, LogOptions());
  EXPECT_EQ(options.spans, SpanOptions());
  EXPECT_EQ(options.health.source_grace, absl::Seconds(10));
  EXPECT_EQ(options.health.pipeline_stall, absl::Seconds(15));
  EXPECT_EQ(options.health.unet_stall, absl::Seconds(120));
}

TEST(OperationsConfigTest, EveryFieldReachesItsOption) {
  const auto options = ParseConfig(R"(
      log { format: "json" level: "warning" max_lines_per_kind: 0 }
      health { source_grace_s: 1.5 pipeline_stall_s: 2 unet_stall_s: 3 }
      trace { spans_file: "spans" max_file_mib: 2 all_frames: false })");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->log, (LogOptions{LogFormat::kJson, LogLevel::kWarning, 0}));
  EXPECT_EQ(options->health.source_grace, absl::Milliseconds(1500));
  EXPECT_EQ(options->health.pipeline_stall, absl::Seconds(2));
  EXPECT_EQ(options->health.unet_stall, absl::Seconds(3));
  EXPECT_EQ(options->spans, (SpanOptions{"spans", 2 << 20, false}));
}

TEST(OperationsConfigTest, WrongValuesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(log { format: "xml" })", "log.format = xml: "},
      {R"(log { level: "" })", "log.level = : "},
      {"log { max_lines_per_kind: -1 }", "log.max_lines_per_kind = -1: "},
      {"health { source_grace_s: -1 }", "health.source_grace_s = -1: "},
      {"health { pipeline_stall_s: 0.5 }", "health.pipeline_stall_s = 0.5: "},
      {"health { unet_stall_s: nan }", "health.unet_stall_s = nan: "},
      {"trace { max_file_mib: 0 }", "trace.max_file_mib = 0: "}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(std::string(ParseConfig(text).status().message()), StartsWith(message)) << text;
  }
}

class ConfigPlaceTest : public testing::Test {
 protected:
  absl::Status Load(const std::string& text) {
    std::ofstream(path_) << text;
    return LoadConfigFile(path_).status();
  }
  const std::string path_ = testing::TempDir() + "place.textproto";
};

TEST_F(ConfigPlaceTest, AValueThatIsRefusedIsPlacedByFileLineAndColumn) {
  const absl::Status status = Load("# comment\n\npipeline {\n  frames_in_flight: 0\n}\n");
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              StartsWith(absl::StrCat(path_, ":4:3: pipeline.frames_in_flight = 0: ")));
  const ConfigFault fault = FaultOf(status);
  EXPECT_EQ(fault.file, path_);
  EXPECT_EQ(fault.place.line, 4);
  EXPECT_EQ(fault.place.column, 3);
  EXPECT_EQ(fault.field, "pipeline.frames_in_flight");
  EXPECT_EQ(fault.value, "0");
}

TEST_F(ConfigPlaceTest, WhatIsNoConfigurationIsPlacedToo) {
  const absl::Status status = Load("log {\n  colour: 3\n}");
  EXPECT_EQ(status.message(), absl::StrCat(path_, ":2:9: there is no field \"colour\" here"));
  EXPECT_EQ(FaultOf(status).place.line, 2);
  EXPECT_EQ(FaultOf(status).field, "");
  EXPECT_EQ(Load("log {\n").message(),
            absl::StrCat(path_, ":2:1: Expected identifier, but the file ends"));
}

TEST_F(ConfigPlaceTest, AMissingFieldIsPlacedByTheBlockThatMissesIt) {
  const absl::Status status = Load("\nsource {\n  replay {\n    rate_hz: 2\n  }\n}");
  EXPECT_THAT(std::string(status.message()),
              StartsWith(absl::StrCat(path_, ":3:3: source.replay.path: ")));
}

TEST_F(ConfigPlaceTest, AnEntryOfARepeatedFieldIsFound) {
  const absl::Status status = Load(
      "log_star {\n"
      "  custom_materials { name: \"m\" vector_a_nm { x: 1 } vector_b_nm { y: 1 } basis {} }\n"
      "  custom_materials { name: \"graphene\" vector_a_nm { x: 1 } vector_b_nm { y: 1 }\n"
      "                     basis {} }\n"
      "}\n");
  EXPECT_EQ(FaultOf(status).place.line, 3) << status;
}

TEST_F(ConfigPlaceTest, AFileThatIsNotThereHasNoPlace) {
  const absl::Status status = LoadConfigFile("/nonexistent/x").status();
  EXPECT_EQ(FaultOf(status).file, "/nonexistent/x");
  EXPECT_EQ(FaultOf(status).place.line, 0);
  EXPECT_EQ(FaultOf(absl::OkStatus()).file, "");
}

}  // namespace
}  // namespace atomstream
