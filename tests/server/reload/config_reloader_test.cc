#include "server/reload/config_reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/config/config.h"
#include "server/config/config_place.h"
#include "tests/fakes/fake_audit.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/fake_segmenter.h"
#include "tests/fakes/gate.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ConfigReloaderTest : public testing::Test {
 protected:
  ConfigReloaderTest() {
    fs::create_directories(folder_ / "model");
    Write("# nothing\n");
    WriteManifest("first");
  }
  ~ConfigReloaderTest() override {
    reloader_.reset();
    fs::remove_all(folder_);
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  void WriteManifest(const std::string& text) {
    std::ofstream(folder_ / "model" / "manifest.json") << text;
  }

  // The daemon begins with what the file says now.
  void Start(bool with_unet = false) {
    const auto loaded = LoadConfigFile(path_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    desk_ = std::make_unique<SteeringDesk>(SteeringDeskDependencies{
        .settings = &holder_,
        .make_log_star = FakeFactory(),
        .front_of = {},
        .audit = &audit_,
        .metrics = &metrics_,
        .clock = &clock_,
        .publish = [this](const SettingsChangePtr& change) { published_.push_back(change); },
        .reevaluate = [] {}});
    if (with_unet) {
      models_ = std::make_unique<ModelReloader>(ModelReloaderDependencies{
          .holder = &model_, .clock = &clock_, .metrics = &metrics_, .log = &log_});
    }
    reloader_ = std::make_unique<ConfigReloader>(ConfigReloaderDependencies{
        .source = {path_, loaded->config},
        .desk = desk_.get(),
        .models = models_.get(),
        .load_model =
            [this](const UnetServiceOptions& unet) {
              ++models_loaded_;
              return load_model_ ? load_model_(unet) : MakeFakeModel("next@1");
            },
        .read_credentials = &LoadCredentials,
        .check_files = [this](const DaemonOptions&) { return files_; },
        .apply = [this](const DaemonOptions& options, Credentials) { applied_.push_back(options); },
        .audit = &audit_,
        .log = &log_,
        .clock = &clock_,
        .metrics = &operations_,
        .lower_priority = {}});
    reloader_->Start();
  }

  absl::StatusOr<ReloadOutcome> Reload(bool validate_only = false) {
    auto answer = std::make_shared<std::promise<absl::StatusOr<ReloadOutcome>>>();
    SteeringCall call;
    call.name = "ana";
    call.address = "test";
    const absl::Status accepted = reloader_->Reload(
        {call, validate_only},
        [answer](const absl::StatusOr<ReloadOutcome>& outcome) { answer->set_value(outcome); });
    if (!accepted.ok()) return accepted;
    return answer->get_future().get();
  }

  void ExpectNothingChanged() {
    EXPECT_THAT(applied_, IsEmpty());
    EXPECT_THAT(published_, IsEmpty());
    EXPECT_EQ(holder_.Get()->version(), 1);
    EXPECT_EQ(model_.Get().segmenter->info().id, "first@0");
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) /
      absl::StrCat("reloader-", testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string path_ = (folder_ / "daemon.textproto").string();
  FakeClock clock_;
  SilentLog log_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  OperationsMetrics operations_{registry_};
  FakeAudit audit_;
  SettingsHolder holder_{MakeFakeSettings()};
  ModelHolder model_{MakeFakeModel("first@0")};
  std::vector<SettingsChangePtr> published_;
  std::vector<DaemonOptions> applied_;
  absl::Status files_;
  int models_loaded_ = 0;
  std::function<absl::StatusOr<UnetModel>(const UnetServiceOptions&)> load_model_;
  std::unique_ptr<SteeringDesk> desk_;
  std::unique_ptr<ModelReloader> models_;
  std::unique_ptr<ConfigReloader> reloader_;
};

TEST_F(ConfigReloaderTest, WhatChangedAndCanCountIsAppliedAndTheRestNamed) {
  Start();
  Write(R"(log_star { max_evaluations: 77 } log { format: "json" } service { max_subscribers: 9 }
           pipeline { frames_in_flight: 5 } listen_address: "127.0.0.1:5")");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->applied,
              ElementsAre("log.format", "log_star.max_evaluations", "service.max_subscribers"));
  EXPECT_THAT(outcome->needs_restart, ElementsAre("listen_address", "pipeline.frames_in_flight"));
  EXPECT_EQ(outcome->settings_version, 2);
  EXPECT_EQ(outcome->time, clock_.Now());
  ASSERT_EQ(applied_.size(), 1u);
  EXPECT_EQ(applied_[0].log.format, LogFormat::kJson);
  EXPECT_EQ(applied_[0].max_subscribers, 9);
  EXPECT_EQ(applied_[0].frames_in_flight, 2) << "needs a restart";
  EXPECT_EQ(holder_.Get()->record.log_star.max_evaluations, 77);
  EXPECT_EQ(operations_.reloads_ok->value(), 1);
  EXPECT_EQ(operations_.restart_fields->value(), 2);
  EXPECT_THAT(audit_.lines().back(),
              StartsWith("ana (test)|reload|log.format, log_star.max_evaluations"));
  // Again: nothing new counts, and what needs a restart is still named.
  const auto again = Reload();
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(again->applied, IsEmpty());
  EXPECT_THAT(again->needs_restart, ElementsAre("listen_address", "pipeline.frames_in_flight"));
  EXPECT_EQ(again->settings_version, 2);
  // Taken back: nothing needs a restart any more.
  Write("log_star { max_evaluations: 77 }");
  const auto back = Reload();
  ASSERT_TRUE(back.ok());
  EXPECT_THAT(back->needs_restart, IsEmpty());
  EXPECT_THAT(back->applied, ElementsAre("log.format", "service.max_subscribers"));
  EXPECT_EQ(applied_.back().log.format, LogFormat::kText);
  EXPECT_EQ(operations_.restart_fields->value(), 0);
}

TEST_F(ConfigReloaderTest, WhatAnOperatorChangedStaysUntilTheFileSaysSomethingNewAboutIt) {
  Write("log_star { preference: 0.1 max_evaluations: 50 }");
  Start();
  ASSERT_TRUE(desk_->Select({SolutionChoice::ByPreference(0.9), {}}, {}).ok());
  Write("log_star { preference: 0.1 max_evaluations: 60 }");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(desk_->settings().selection, SolutionChoice::ByPreference(0.9));
  EXPECT_EQ(desk_->settings().log_star.max_evaluations, 60);
  Write("log_star { preference: 0.2 max_evaluations: 60 }");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(desk_->settings().selection, SolutionChoice::ByPreference(0.2));
}

TEST_F(ConfigReloaderTest, AnInvalidFileChangesNothingAndSaysWhereItIsWrong) {
  Start();
  Write("log_star {\n  max_evaluations: 77\n}\nservice {\n  max_subscribers: 0\n}\n");
  const absl::Status refused = Reload().status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              StartsWith(absl::StrCat(path_, ":5:3: service.max_subscribers = 0: ")));
  EXPECT_EQ(FaultOf(refused).field, "service.max_subscribers");
  EXPECT_EQ(FaultOf(refused).place.line, 5);
  ExpectNothingChanged();
  Write("nonsense");
  EXPECT_EQ(FaultOf(Reload().status()).place.line, 1);
  fs::remove(path_);
  EXPECT_TRUE(absl::IsInvalidArgument(Reload().status()));
  ExpectNothingChanged();
  EXPECT_EQ(operations_.reloads_refused->value(), 3);
  EXPECT_EQ(operations_.reloads_ok->value(), 0);
  EXPECT_THAT(audit_.lines().back(), HasSubstr("|reload|refused: "));
}

TEST_F(ConfigReloaderTest, AFileThatTheConfigurationNamesMustBeGoodToo) {
  Start();
  files_ = absl::InvalidArgumentError("steering.audit_log = /x: is a folder");
  Write("log_star { max_evaluations: 77 }");
  const absl::Status refused = Reload().status();
  EXPECT_EQ(FaultOf(refused).field, "steering.audit_log");
  EXPECT_EQ(FaultOf(refused).value, "/x");
  ExpectNothingChanged();
}

TEST_F(ConfigReloaderTest, ASettingThatDoesNotFitWhatAnOperatorChoseChangesNothing) {
  Write(R"(log_star { custom_materials { name: "mine" vector_a_nm { x: 0.3 } vector_b_nm { y: 0.3 }
                                         basis { species: "X" } } })");
  Start();
  ReloadedSettings mine;
  mine.log_star = LoadConfig(path_)->log_star;
  mine.log_star.material = "mine";
  mine.fields = {"custom_materials", "material"};
  ASSERT_TRUE(desk_->Reload(mine, {}, false).ok());
  published_.clear();
  Write(R"(log { level: "warning" })");
  const absl::Status refused = Reload().status();
  EXPECT_EQ(FaultOf(refused).field, "log_star.material") << refused;
  EXPECT_THAT(applied_, IsEmpty());
  EXPECT_THAT(published_, IsEmpty());
}

TEST_F(ConfigReloaderTest, WhatCannotCountWithoutARestartIsRefusedAsAWhole) {
  std::ofstream(folder_ / "policy") << "cn=ana admin\n";
  Start();
  Write(R"(log_star { max_evaluations: 77 }
           security { tls { certificate: "c" key: "k" client_ca: "a" } policy_file: "policy" })");
  const absl::Status refused = Reload().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("restart"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("security.tls.certificate"));
  ExpectNothingChanged();
}

TEST_F(ConfigReloaderTest, CheckingOnlySaysWhatWouldHappenAndChangesNothing) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Write(R"(log_star { max_evaluations: 77 } unet { model: "model" tile_px: 128 }
           clusters { enabled: false })");
  const auto outcome = Reload(/*validate_only=*/true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->applied, ElementsAre("log_star.max_evaluations", "unet.tile_px"));
  EXPECT_THAT(outcome->needs_restart, ElementsAre("clusters.enabled"));
  EXPECT_EQ(outcome->settings_version, 1);
  EXPECT_EQ(models_loaded_, 1);  // it was looked at
  ExpectNothingChanged();
  load_model_ = [](const UnetServiceOptions&) -> absl::StatusOr<UnetModel> {
    return absl::DataLossError("sha256 differs");
  };
  EXPECT_FALSE(Reload(/*validate_only=*/true).ok());
  EXPECT_EQ(models_->status().refused, 0);
  EXPECT_THAT(audit_.lines(), IsEmpty());
  EXPECT_EQ(operations_.reloads_ok->value() + operations_.reloads_refused->value(), 0);
}

TEST_F(ConfigReloaderTest, TheModelIsLoadedAnewWhenItsBlockOrItsManifestChangedOnly) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Write(R"(unet { model: "model" } log { level: "warning" })");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 0);
  EXPECT_EQ(model_.Get().segmenter->info().id, "first@0");
  WriteManifest("second, longer");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(models_loaded_, 1);
  EXPECT_EQ(outcome->model_id, "next@1");
  EXPECT_EQ(model_.Get().segmenter->info().id, "next@1");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 1);
  Write(R"(unet { model: "model" min_spacing: 0.4 } log { level: "warning" })");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 2);
}

TEST_F(ConfigReloaderTest, AModelThatIsRefusedRefusesEverything) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  load_model_ = [](const UnetServiceOptions&) -> absl::StatusOr<UnetModel> {
    return absl::DataLossError("unet.model = x: sha256 differs");
  };
  Write(R"(unet { model: "model" tile_px: 256 } log_star { max_evaluations: 77 })");
  const absl::Status refused = Reload().status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_EQ(FaultOf(refused).field, "unet.model");
  ExpectNothingChanged();
  EXPECT_EQ(models_->status().refused, 1);
  EXPECT_FALSE(models_->status().loading);
  EXPECT_THAT(models_->status().last_refusal, HasSubstr("sha256 differs"));
  // The other way round: settings that are refused leave the model.
  load_model_ = nullptr;
  Write(R"(unet { model: "model" tile_px: 256 } log_star { material: "unobtainium" })");
  EXPECT_FALSE(Reload().ok());
  ExpectNothingChanged();
}

TEST_F(ConfigReloaderTest, AUnetIsNeitherSwitchedOnNorOff) {
  Start(/*with_unet=*/false);
  Write(R"(unet { model: "model" })");
  EXPECT_THAT(Reload()->needs_restart, ElementsAre("unet.model"));
}

TEST_F(ConfigReloaderTest, AUnetThatLeftTheFileGoesOnUntilTheRestart) {
  Write(R"(unet { model: "model" tile_px: 128 })");
  Start(/*with_unet=*/true);
  Write("# nothing\n");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->needs_restart, ElementsAre("unet.model", "unet.tile_px"));
  EXPECT_EQ(model_.Get().segmenter->info().id, "first@0");
}

TEST_F(ConfigReloaderTest, WithoutAFileThereIsNothingToReload) {
  ConfigReloader none{ConfigReloaderDependencies()};
  none.Start();
  EXPECT_TRUE(absl::IsFailedPrecondition(none.Reload({}, {})));
  EXPECT_TRUE(none.Shutdown(absl::InfiniteFuture()));
}

TEST_F(ConfigReloaderTest, ReloadsThatWaitAreBoundedAndEndWithTheDaemon) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Gate loading;
  load_model_ = [&loading](const UnetServiceOptions&) {
    loading.Pass();
    return MakeFakeModel("slow@1");
  };
  WriteManifest("anew, and longer");
  ASSERT_TRUE(reloader_->Reload({}, {}).ok());
  loading.WaitForArrivals(1);
  std::atomic<int> ended{0};
  for (size_t i = 0; i < ConfigReloader::kMaxWaiting; ++i) {
    ASSERT_TRUE(reloader_
                    ->Reload({},
                             [&](const absl::StatusOr<ReloadOutcome>& outcome) {
                               EXPECT_TRUE(absl::IsUnavailable(outcome.status()));
                               ++ended;
                             })
                    .ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(reloader_->Reload({}, {})));
  EXPECT_FALSE(reloader_->Shutdown(absl::InfinitePast()));  // one is at work
  EXPECT_EQ(ended, static_cast<int>(ConfigReloader::kMaxWaiting));
  EXPECT_TRUE(absl::IsUnavailable(reloader_->Reload({}, {})));
  loading.Open();
  EXPECT_TRUE(reloader_->Shutdown(absl::InfiniteFuture()));
}

}  // namespace
}  // namespace atomstream
