#include "server/config/config_diff.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"

namespace atomstream {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

config::v1::DaemonConfig Parse(const std::string& text) {
  config::v1::DaemonConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

std::vector<std::string> Diff(const std::string& a, const std::string& b) {
  return DifferingFields(Parse(a), Parse(b));
}

TEST(ConfigDiffTest, NamesTheFieldsThatDifferSorted) {
  EXPECT_THAT(Diff("", ""), IsEmpty());
  EXPECT_THAT(Diff("log_star { seed: 3 }", "log_star { seed: 3 }"), IsEmpty());
  EXPECT_THAT(Diff("log_star { seed: 3 } pipeline { submit_queue: 2 }",
                   "log_star { seed: 4 max_windows: 1 }"),
              ElementsAre("log_star.max_windows", "log_star.seed", "pipeline.submit_queue"));
}

TEST(ConfigDiffTest, ARepeatedFieldIsOneWhateverChangedInIt) {
  EXPECT_THAT(Diff(R"(log_star { rewards: "qc" rewards: "er" })",
                   R"(log_star { rewards: "er" rewards: "qc" })"),
              ElementsAre("log_star.rewards"));
  EXPECT_THAT(Diff(R"(log_star { custom_materials { name: "a" basis { species: "X" } } })",
                   R"(log_star { custom_materials { name: "a" basis { species: "Y" } } })"),
              ElementsAre("log_star.custom_materials"));
}

TEST(ConfigDiffTest, AnEmptyBlockIsNoDifference) {
  EXPECT_THAT(Diff("", "unet {} clusters {} source { none {} }"), IsEmpty());
}

TEST(ConfigDiffTest, AnotherKindOfSourceNamesWhatCameAndWhatWent) {
  EXPECT_THAT(Diff(R"(source { microscope { address: "a:1" } })",
                   R"(source { replay { path: "p" loop: true } })"),
              ElementsAre("source.microscope.address", "source.replay.loop", "source.replay.path"));
}

TEST(ConfigDiffTest, CopiedFieldsDifferNoMoreAndOthersStay) {
  config::v1::DaemonConfig to = Parse(
      R"(log_star { seed: 1 rewards: "qc" } pipeline { submit_queue: 5 } unet { tile_px: 128 })");
  const config::v1::DaemonConfig from = Parse(
      R"(log_star { rewards: "er" rewards: "qc" material: "graphene" } log { level: "info" })");
  CopyConfigFields({"log_star.rewards", "log_star.seed", "unet.tile_px", "log.level"}, from, to);
  EXPECT_THAT(DifferingFields(from, to), ElementsAre("log_star.material", "pipeline.submit_queue"));
  EXPECT_FALSE(to.log_star().has_seed());
  EXPECT_EQ(to.pipeline().submit_queue(), 5);
}

TEST(ConfigDiffTest, ConfigFieldsAreAllOfThem) {
  const std::vector<std::string> fields = ConfigFields();
  EXPECT_THAT(fields, Contains("listen_address"));
  EXPECT_THAT(fields, Contains("security.tls.certificate"));
  EXPECT_THAT(fields, Contains("log_star.custom_materials"));
  EXPECT_THAT(fields, Contains("source.microscope.tls.ca"));
  for (const std::string& field : fields) {
    EXPECT_FALSE(absl::StartsWith(field, "log_star.custom_materials.")) << field;
  }
}

// What may change while the daemon runs is a promise: docs/operations.md has the list.
TEST(ConfigDiffTest, PortsSourceStoreAndTransportNeedARestartAndTheRestOfTheListDoesNot) {
  for (const char* field :
       {"listen_address", "metrics_address", "source.microscope.address", "source.replay.rate_hz",
        "pipeline.frames_in_flight", "pipeline.worker_threads", "pipeline.submit_queue",
        "history.path", "history.check_time_s", "security.tls.certificate",
        "security.tls.reload_interval_s", "security.insecure_remote", "unet.cpu_niceness",
        "service.max_message_mib", "steering.audit_log", "targeting.enabled"}) {
    EXPECT_EQ(EffectOf(field), FieldEffect::kAtRestart) << field;
  }
  for (const char* field : {"log_star.material",
                            "log_star.seed",
                            "unet.model",
                            "security.policy_file",
                            "security.limits.max_streams",
                            "service.max_subscribers",
                            "log.format",
                            "health.source_grace_s",
                            "clusters.enabled",
                            "clusters.seed",
                            "targeting.max_lease_s",
                            "targeting.max_sites",
                            "history.max_results",
                            "history.max_result_mib",
                            "history.max_age_days",
                            "history.max_kept_frame_mib",
                            "history.max_frame_mib",
                            "history.max_waiting_mib",
                            "trace.spans_file",
                            "trace.all_frames",
                            "pipeline.shutdown_deadline_s"}) {
    EXPECT_EQ(EffectOf(field), FieldEffect::kAtReload) << field;
  }
  EXPECT_EQ(EffectOf("log_starry"), FieldEffect::kAtRestart);
}

// The table of docs/operations.md: fields and blocks, and after what each counts.
std::map<std::string, FieldEffect> EffectsOfManual() {
  static const std::regex row(R"(\| (`[^|]*`) \| (a reload|a restart) \|.*)");
  static const std::regex name("`([^`]+)`");
  std::map<std::string, FieldEffect> effects;
  std::ifstream manual(MANUAL);
  for (std::string line; std::getline(manual, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) continue;
    const FieldEffect effect =
        found[2] == "a reload" ? FieldEffect::kAtReload : FieldEffect::kAtRestart;
    const std::string names = found[1];
    for (std::sregex_iterator it(names.begin(), names.end(), name), end; it != end; ++it) {
      EXPECT_TRUE(effects.emplace((*it)[1], effect).second) << (*it)[1] << " is there twice";
    }
  }
  return effects;
}

TEST(ConfigDiffTest, TheManualSaysOfEveryFieldAfterWhatItCounts) {
  const std::map<std::string, FieldEffect> effects = EffectsOfManual();
  std::set<std::string> unused;
  for (const auto& [group, effect] : effects) unused.insert(group);
  for (const std::string& field : ConfigFields()) {
    std::string nearest;
    for (const auto& [group, effect] : effects) {
      if (IsWithin(field, group) && group.size() > nearest.size()) nearest = group;
    }
    ASSERT_NE(nearest, "") << field << " is in no row";
    EXPECT_EQ(effects.at(nearest), EffectOf(field)) << field;
    unused.erase(nearest);
  }
  for (const std::string& group : unused) ADD_FAILURE() << group << " is no field or block";
}

}  // namespace
}  // namespace atomstream
