#include "server/codec/settings_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/codec/result_codec.h"
#include "server/steering/log_star_fields.h"
#include "tests/fakes/changed_log_star_options.h"

namespace atomstream {
namespace {

using ::testing::StartsWith;

TEST(SettingsCodecTest, SettingsComeBackAsTheyWere) {
  for (const LogStarOptions& options : {LogStarOptions(), ChangedLogStarOptions()}) {
    SettingsRecord record;
    record.log_star = options;
    const auto back = LogStarSettingsFromProto(SettingsToProto(record).log_star(), {"*"});
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(CompareFields(options, *back).empty());
  }
}

TEST(SettingsCodecTest, SelectionsComeBackAsTheyWere) {
  SolutionChoice min_er;
  min_er.kind = SolutionChoice::Kind::kMinEr;
  for (const SolutionChoice& selection :
       {SolutionChoice(), min_er, SolutionChoice::ByPreference(0.3), SolutionChoice::AtIndex(4),
        SolutionChoice::ByWeights(1, 2)}) {
    SettingsRecord record;
    record.selection = selection;
    EXPECT_EQ(*SelectionFromProto(SettingsToProto(record).selection()), selection);
  }
}

TEST(SettingsCodecTest, OnlyFieldsThatAreMeantAreRead) {
  v1::LogStarSettings proto;  // neither rewards nor preprocessing nor a mode
  proto.set_material("graphene");
  const auto options = LogStarSettingsFromProto(proto, {"material"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->material, "graphene");
  const auto message = [&proto](const std::string& path) {
    return std::string(LogStarSettingsFromProto(proto, {path}).status().message());
  };
  EXPECT_THAT(message("rewards"), StartsWith("log_star.rewards: 0 are given"));
  EXPECT_THAT(message("window_mode"), StartsWith("log_star.window_mode = 0: "));
  EXPECT_THAT(message("*"), StartsWith("log_star.rewards"));
  proto.add_preprocessing(v1::PREPROCESSING_UNSPECIFIED);
  EXPECT_THAT(message("preprocessing"), StartsWith("log_star.preprocessing = 0: "));
}

TEST(SettingsCodecTest, ABudgetOfNothingIsNone) {
  v1::LogStarSettings proto;
  EXPECT_EQ(LogStarSettingsFromProto(proto, {"time_budget"})->time_budget,
            absl::InfiniteDuration());
  proto.mutable_time_budget()->set_nanos(-1);
  EXPECT_FALSE(LogStarSettingsFromProto(proto, {"time_budget"}).ok());
  proto.mutable_time_budget()->set_nanos(2'000'000);
  EXPECT_EQ(LogStarSettingsFromProto(proto, {"time_budget"})->time_budget, absl::Milliseconds(2));
}

TEST(SettingsCodecTest, AChangeIsAnEvent) {
  SettingsChange change;
  change.settings.version = 3;
  change.settings.changed_by = "ana (here)";
  change.settings.change_time = absl::FromUnixSeconds(100);
  change.changed_fields = {"selection"};
  change.text = "selection: knee -> preference 0.3";
  const v1::SubscribeResponse event =
      EventToProto(std::make_shared<const SettingsChange>(change), {});
  ASSERT_TRUE(event.has_settings());
  EXPECT_EQ(event.settings().settings().version(), 3);
  EXPECT_EQ(event.settings().settings().change_time().seconds(), 100);
  EXPECT_EQ(event.settings().changed_by(), "ana (here)");
  EXPECT_EQ(event.settings().text(), change.text);
  EXPECT_EQ(event.settings().changed_fields(0), "selection");
}

TEST(SettingsCodecTest, AResultSaysWhyItWasMade) {
  FrameRecord record;
  record.cause = ResultCause::kSelection;
  record.supersedes_sequence = 6;
  record.settings_version = 3;
  LogStarResult result;
  result.window_mode = WindowMode::kMap;
  WindowResult window;
  window.front = {FrontPoint()};
  window.chosen = 0;
  window.chosen_by = "preference";
  result.windows.push_back(window);
  record.detector.result = result;
  const v1::FrameResult proto = ResultToProto(record);
  EXPECT_EQ(proto.cause(), v1::RESULT_CAUSE_SELECTION);
  EXPECT_EQ(proto.supersedes_sequence(), 6);
  EXPECT_EQ(proto.settings_version(), 3);
  EXPECT_EQ(proto.detectors(0).window_mode(), v1::WINDOW_MODE_MAP);
  EXPECT_EQ(proto.detectors(0).windows(0).front().chosen_by(), "preference");
}

TEST(SettingsCodecTest, ResultsPutTogetherSayWhyLogStarsWasMade) {
  auto log_star = std::make_shared<FrameRecord>();
  log_star->cause = ResultCause::kSelection;
  log_star->supersedes_sequence = 1;
  log_star->settings_version = 3;
  log_star->position.sequence = 2;
  auto unet = std::make_shared<FrameRecord>();
  unet->detector.result.emplace<UnetResult>();
  unet->position.sequence = 3;
  const v1::FrameResult proto = MergedToProto({log_star, unet});
  EXPECT_EQ(proto.position().sequence(), 3);
  EXPECT_EQ(proto.cause(), v1::RESULT_CAUSE_SELECTION);
  EXPECT_EQ(proto.settings_version(), 3);
  EXPECT_EQ(proto.supersedes_sequence(), 1);
}

}  // namespace
}  // namespace atomstream
