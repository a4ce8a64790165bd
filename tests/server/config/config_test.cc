#include "server/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "server/config/flags.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(ConfigTest, AnEmptyConfigurationIsAllDefaults) {
  const DaemonOptions options = *ParseConfig("");
  EXPECT_EQ(options.listen_address, "127.0.0.1:50051");
  EXPECT_EQ(options.metrics_address, "127.0.0.1:9464");
  EXPECT_TRUE(std::holds_alternative<NoSourceOptions>(options.source));
  EXPECT_EQ(options.frames_in_flight, 2);
  EXPECT_EQ(options.history.max_results, 1000);
  EXPECT_EQ(options.history.max_frame_mib, 256);
  EXPECT_EQ(options.history.path, "");
  EXPECT_EQ(options.max_subscribers, 128);
  EXPECT_EQ(options.shutdown_deadline, absl::Seconds(10));
  EXPECT_EQ(options.log_star.max_evaluations, LogStarOptions().max_evaluations);
  EXPECT_EQ(options.log_star.time_budget, absl::InfiniteDuration());
}

TEST(ConfigTest, EveryFieldReachesItsOption) {
  const absl::StatusOr<DaemonOptions> read = ParseConfig(R"(
      listen_address: "127.0.0.1:1"
      metrics_address: ""
      source { microscope { address: "host:2" size_px: 512 dwell_time_us: 1.5 detector: "MAADF" } }
      log_star {
        material: "mine"
        custom_materials {
          name: "mine"
          vector_a_nm { x: 0.3 } vector_b_nm { y: 0.4 }
          basis { a_fraction: 0.25 b_fraction: 0.5 species: "X" intensity: 0.5 }
          basis { species: "Y" }
        }
        window_mode: WINDOW_MODE_MAP window_size_px: 128 window_stride_fraction: 0.5
        optimizer: "bayesian" max_evaluations: 77 time_budget_ms: 12.5
        preprocessing: PREPROCESSING_GAUSSIAN
        refine_subpixel: false seed: 9
        rewards: "er" rewards: "qc" er_distance_fraction: 0.75 preference: 0.5
      }
      pipeline { worker_threads: 3 frames_in_flight: 4 submit_queue: 5 shutdown_deadline_s: 6 }
      history {
        max_results: 7 max_frame_mib: 0 path: "results.sqlite" max_result_mib: 8 max_age_days: 1.5
        max_kept_frame_mib: 9 check_time_s: 0.5 max_waiting_mib: 10
      }
      steering { audit_log: "audit.log" }
      service { max_subscribers: 8 max_message_mib: 9 })");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->listen_address, "127.0.0.1:1");
  EXPECT_EQ(read->metrics_address, "");
  const auto& microscope = std::get<MicroscopeOptions>(read->source);
  EXPECT_EQ(microscope.address, "host:2");
  EXPECT_EQ(microscope.size_px, 512);
  EXPECT_EQ(microscope.dwell_time, absl::Nanoseconds(1500));
  EXPECT_EQ(microscope.detector, "MAADF");
  const LogStarOptions& log_star = read->log_star;
  EXPECT_EQ(log_star.material, "mine");
  ASSERT_EQ(log_star.custom_materials.size(), 1u);
  const Material& material = log_star.custom_materials[0];
  EXPECT_EQ(material.vectors_nm[0].x, 0.3);
  EXPECT_EQ(material.vectors_nm[1].y, 0.4);
  ASSERT_EQ(material.basis.size(), 2u);
  EXPECT_EQ(material.basis[0].fraction.x, 0.25);
  EXPECT_EQ(material.basis[0].intensity, 0.5);
  EXPECT_EQ(material.basis[1].species, "Y");
  EXPECT_EQ(material.basis[1].intensity, 1);
  EXPECT_EQ(log_star.window_mode, WindowMode::kMap);
  EXPECT_EQ(log_star.window_size_px, 128);
  EXPECT_EQ(log_star.window_stride, 0.5);
  EXPECT_EQ(log_star.optimizer, "bayesian");
  EXPECT_EQ(log_star.max_evaluations, 77);
  EXPECT_EQ(log_star.time_budget, absl::Microseconds(12500));
  EXPECT_EQ(log_star.preprocessing, (std::vector<Preprocessing>{Preprocessing::kGaussian}));
  EXPECT_FALSE(log_star.refine_subpixel);
  EXPECT_EQ(log_star.seed, 9u);
  EXPECT_EQ(log_star.rewards[0], "er");
  EXPECT_EQ(log_star.er_distance_d_nn, 0.75);
  EXPECT_EQ(log_star.preference, 0.5);
  EXPECT_EQ(read->worker_threads, 3);
  EXPECT_EQ(read->frames_in_flight, 4);
  EXPECT_EQ(read->submit_queue, 5);
  EXPECT_EQ(read->shutdown_deadline, absl::Seconds(6));
  EXPECT_EQ(read->history.max_results, 7);
  EXPECT_EQ(read->history.max_frame_mib, 0);
  EXPECT_EQ(read->history.path, "results.sqlite");
  EXPECT_EQ(read->history.max_result_mib, 8);
  EXPECT_EQ(read->history.max_age, absl::Hours(36));
  EXPECT_EQ(read->history.max_kept_frame_mib, 9);
  EXPECT_EQ(read->history.check_time, absl::Milliseconds(500));
  EXPECT_EQ(read->history.max_waiting_mib, 10);
  EXPECT_EQ(read->audit_log, "audit.log");
  EXPECT_EQ(read->max_subscribers, 8);
  EXPECT_EQ(read->max_message_mib, 9);
}

TEST(ConfigTest, AReplayIsASource) {
  const DaemonOptions options = *ParseConfig(
      R"(source { replay { path: "frames" rate_hz: 5 loop: true pixel_size_nm: 0.02
                           material: "graphene" } })");
  const auto& replay = std::get<ReplayOptions>(options.source);
  EXPECT_EQ(replay.path, "frames");
  EXPECT_EQ(replay.rate_hz, 5);
  EXPECT_TRUE(replay.loop);
  EXPECT_EQ(replay.pixel_size_nm, 0.02);
  EXPECT_EQ(replay.material, "graphene");
}

struct BadConfig {
  const char* text;
  const char* message_start;  // the field's path and its value
};

class BadConfigTest : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, IsRefusedWithTheFieldAndItsValue) {
  const absl::StatusOr<DaemonOptions> options = ParseConfig(GetParam().text);
  ASSERT_TRUE(absl::IsInvalidArgument(options.status())) << GetParam().text;
  EXPECT_THAT(std::string(options.status().message()), StartsWith(GetParam().message_start));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadConfigTest,
    testing::Values(
        BadConfig{R"(listen_address: "")", "listen_address = : "},
        BadConfig{R"(listen_address: "127.0.0.1")", "listen_address = 127.0.0.1: "},
        BadConfig{R"(listen_address: ":50051")", "listen_address = :50051: "},
        BadConfig{R"(listen_address: "h:65536")", "listen_address = h:65536: "},
        BadConfig{R"(listen_address: "h:x")", "listen_address = h:x: "},
        BadConfig{R"(metrics_address: "nowhere")", "metrics_address = nowhere: "},
        BadConfig{"source { microscope {} }", "source.microscope.address = : "},
        BadConfig{R"(source { microscope { address: "h:1" size_px: 7 } })",
                  "source.microscope.size_px = 7: "},
        BadConfig{R"(source { microscope { address: "h:1" size_px: 4097 } })",
                  "source.microscope.size_px = 4097: "},
        BadConfig{R"(source { microscope { address: "h:1" dwell_time_us: -1 } })",
                  "source.microscope.dwell_time_us = -1: "},
        BadConfig{"source { replay {} }", "source.replay.path: "},
        BadConfig{R"(source { replay { path: "p" rate_hz: -1 } })", "source.replay.rate_hz = -1: "},
        BadConfig{R"(source { replay { path: "p" rate_hz: inf } })",
                  "source.replay.rate_hz = inf: "},
        BadConfig{R"(source { replay { path: "p" pixel_size_nm: nan } })",
                  "source.replay.pixel_size_nm = nan: "},
        BadConfig{R"(log_star { material: "unobtainium" })", "log_star.material"},
        BadConfig{"log_star { window_size_px: 31 }", "log_star.window_size_px = 31: "},
        BadConfig{"log_star { window_stride_fraction: 0 }",
                  "log_star.window_stride_fraction = 0: "},
        BadConfig{"log_star { window_stride_fraction: 1.5 }",
                  "log_star.window_stride_fraction = 1.5: "},
        BadConfig{R"(log_star { optimizer: "magic" })", "log_star.optimizer"},
        BadConfig{"log_star { max_windows: 0 }", "log_star.max_windows = 0: "},
        BadConfig{"log_star { max_evaluations: 0 }", "log_star.max_evaluations = 0: "},
        BadConfig{"log_star { time_budget_ms: -1 }", "log_star.time_budget_ms = -1: "},
        BadConfig{"log_star { preprocessing: PREPROCESSING_UNSPECIFIED }",
                  "log_star.preprocessing = 0: "},
        BadConfig{R"(log_star { rewards: "qc" })", "log_star.rewards: "},
        BadConfig{R"(log_star { rewards: "qc" rewards: "qc" })", "log_star.rewards"},
        BadConfig{R"(log_star { rewards: "qc" rewards: "beauty" })", "log_star.reward"},
        BadConfig{"log_star { er_distance_fraction: 0.5 }",
                  "log_star.er_distance_fraction = 0.5: "},
        BadConfig{"log_star { preference: 2 }", "log_star.preference = 2: "},
        BadConfig{R"(log_star { custom_materials { name: "m" vector_a_nm { x: 1 }
                                                   vector_b_nm { x: 2 } basis {} } })",
                  "log_star.custom_materials[0] = m: "},
        BadConfig{R"(log_star { custom_materials { name: "graphene" vector_a_nm { x: 1 }
                                                   vector_b_nm { y: 1 } basis {} } })",
                  "log_star.custom_materials[0].name = graphene: "},
        BadConfig{"pipeline { worker_threads: -1 }", "pipeline.worker_threads = -1: "},
        BadConfig{"pipeline { frames_in_flight: 0 }", "pipeline.frames_in_flight = 0: "},
        BadConfig{"pipeline { frames_in_flight: 65 }", "pipeline.frames_in_flight = 65: "},
        BadConfig{"pipeline { submit_queue: 0 }", "pipeline.submit_queue = 0: "},
        BadConfig{"pipeline { shutdown_deadline_s: 1 }", "pipeline.shutdown_deadline_s = 1: "},
        BadConfig{"pipeline { shutdown_deadline_s: nan }", "pipeline.shutdown_deadline_s = nan: "},
        BadConfig{"history { max_results: 0 }", "history.max_results = 0: "},
        BadConfig{"history { max_frame_mib: -1 }", "history.max_frame_mib = -1: "},
        BadConfig{"history { max_waiting_mib: 5 }", "history.max_waiting_mib: needs history.path"},
        BadConfig{"history { path: \"x\" max_result_mib: -1 }", "history.max_result_mib = -1: "},
        BadConfig{"history { path: \"x\" max_age_days: 40000 }", "history.max_age_days = 40000: "},
        BadConfig{"history { path: \"x\" max_kept_frame_mib: -1 }",
                  "history.max_kept_frame_mib = -1: "},
        BadConfig{"history { path: \"x\" check_time_s: 0 }", "history.check_time_s = 0: "},
        BadConfig{"history { path: \"x\" max_waiting_mib: 0 }", "history.max_waiting_mib = 0: "},
        BadConfig{"service { max_subscribers: 0 }", "service.max_subscribers = 0: "},
        BadConfig{"service { max_message_mib: 2000 }", "service.max_message_mib = 2000: "},
        // What is no DaemonConfig at all is placed by line and column.
        BadConfig{"\n  colour: 3", "2:"}, BadConfig{"pipeline {", "1:"},
        BadConfig{"pipeline { submit_queue: \"many\" }", "1:"}));

TEST(ConfigTest, AnUnknownFieldIsNamed) {
  EXPECT_THAT(std::string(ParseConfig("colour: 3").status().message()), HasSubstr("colour"));
}

TEST(ConfigTest, AnUnreadableFileIsNamed) {
  const absl::Status status = LoadConfig("/nonexistent/daemon.textproto").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), StartsWith("/nonexistent/daemon.textproto: "));
}

TEST(ConfigTest, TheExamplesAreValid) {
  const absl::StatusOr<DaemonOptions> live =
      LoadConfig(std::string(CONFIG_FOLDER) + "/atomstreamd.textproto");
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(std::get<MicroscopeOptions>(live->source).address, "127.0.0.1:50060");
  const absl::StatusOr<DaemonOptions> standalone =
      LoadConfig(std::string(CONFIG_FOLDER) + "/standalone.textproto");
  ASSERT_TRUE(standalone.ok()) << standalone.status();
  EXPECT_TRUE(std::holds_alternative<NoSourceOptions>(standalone->source));
  EXPECT_EQ(standalone->listen_address, "127.0.0.1:50051");
  EXPECT_EQ(standalone->metrics_address, "127.0.0.1:9464");
}

absl::StatusOr<Flags> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "atomstreamd");
  return ParseFlags(static_cast<int>(arguments.size()), arguments.data());
}

TEST(FlagsTest, KnowsItsFlags) {
  EXPECT_EQ(Parse({"--config=a=b"})->config, "a=b");
  EXPECT_EQ(Parse({"--config", "file"})->config, "file");
  EXPECT_FALSE(Parse({"--config=f"})->validate_only);
  EXPECT_TRUE(Parse({"--validate_only", "--config=f"})->validate_only);
  EXPECT_TRUE(Parse({"--print_metrics"})->print_metrics);
  EXPECT_TRUE(Parse({"--version"})->version);
  EXPECT_TRUE(Parse({"--help"})->help);
  EXPECT_EQ(Parse({"--config=f"})->wedge_while, "");  // never by itself
  EXPECT_EQ(Parse({"--config=f", "--wedge_while=w"})->wedge_while, "w");
}

TEST(FlagsTest, RefusesTheRestByName) {
  for (const char* argument : {"--port=1", "file", "--config", "--validate_only=1"}) {
    const absl::Status status = Parse({argument}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr(argument));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Parse({}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Parse({"--config="}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Parse({"--config=f", "--wedge_while="}).status()));
}

}  // namespace
}  // namespace atomstream
