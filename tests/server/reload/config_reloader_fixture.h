// ConfigReloaderTest: a reloader with a file in a folder of its own, whose settings, model and
// parts are fakes that remember what they were told.
#ifndef ATOMSTREAM_TESTS_SERVER_RELOAD_CONFIG_RELOADER_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_RELOAD_CONFIG_RELOADER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/config/config.h"
#include "server/reload/config_reloader.h"
#include "tests/fakes/fake_audit.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/fake_segmenter.h"
#include "tests/fakes/line_log.h"

namespace atomstream {

class ConfigReloaderTest : public testing::Test {
 protected:
  ConfigReloaderTest() {
    std::filesystem::create_directories(folder_ / "model");
    Write("# nothing\n");
    WriteManifest("first");
  }
  ~ConfigReloaderTest() override {
    reloader_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  void WriteManifest(const std::string& text) {
    std::ofstream(folder_ / "model" / "manifest.json") << text;
  }

  // The daemon begins with what the file says now.
  void Start(bool with_unet = false) {
    const auto loaded = LoadConfigFile(path_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    Start(with_unet, {path_, loaded->config, StampOfModel(loaded->options.unet)});
  }
  void Start(bool with_unet, const ConfigSource& source) {
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
        .source = source,
        .desk = desk_.get(),
        .models = models_.get(),
        .load_model =
            [this](const UnetServiceOptions& unet) {
              ++models_loaded_;
              return load_model_ ? load_model_(unet) : MakeFakeModel("next@1");
            },
        .on_reload = [this] { ++asked_; },
        .read_credentials =
            [this](const SecurityOptions& options, bool validate_only) {
              if (!validate_only) ++credentials_counted_;
              return LoadCredentials(options);
            },
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
    EXPECT_THAT(applied_, testing::IsEmpty());
    EXPECT_THAT(published_, testing::IsEmpty());
    EXPECT_EQ(holder_.Get()->version(), 1);
    EXPECT_EQ(model_.Get().segmenter->info().id, "first@0");
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      absl::StrCat("reloader-", testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string path_ = (folder_ / "daemon.textproto").string();
  FakeClock clock_;
  LineLog log_;
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
  int credentials_counted_ = 0;
  std::atomic<int> asked_ = 0;
  std::function<absl::StatusOr<UnetModel>(const UnetServiceOptions&)> load_model_;
  std::unique_ptr<SteeringDesk> desk_;
  std::unique_ptr<ModelReloader> models_;
  std::unique_ptr<ConfigReloader> reloader_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_RELOAD_CONFIG_RELOADER_FIXTURE_H_
