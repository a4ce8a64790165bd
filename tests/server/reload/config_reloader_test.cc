#include "server/reload/config_reloader.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "server/config/config_place.h"
#include "tests/server/reload/config_reloader_fixture.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

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

// Of a block that else counts at a reload, and of one that else does not.
TEST_F(ConfigReloaderTest, WhatWaitsForARestartIsNamedInTheLogTheAnswerAndTheAuditLog) {
  Start();
  Write(R"(pipeline { submit_queue: 3 shutdown_deadline_s: 7 }
           targeting { enabled: false max_site_dose_s: 2 })");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->needs_restart, ElementsAre("pipeline.submit_queue", "targeting.enabled"));
  EXPECT_THAT(outcome->applied,
              ElementsAre("pipeline.shutdown_deadline_s", "targeting.max_site_dose_s"));
  EXPECT_THAT(log_.lines(),
              Contains(StartsWith("WARNING these count after a restart: pipeline.submit_queue, "
                                  "targeting.enabled [component=configuration")));
  EXPECT_THAT(audit_.lines().back(),
              HasSubstr("; after a restart: pipeline.submit_queue, targeting.enabled"));
  ASSERT_EQ(applied_.size(), 1u);
  EXPECT_EQ(applied_[0].submit_queue, DaemonOptions().submit_queue);
  EXPECT_TRUE(applied_[0].targeting.enabled);
  EXPECT_EQ(applied_[0].targeting.ledger.max_site_dose, 2);
}

TEST_F(ConfigReloaderTest, EveryReloadIsToldWhateverComesOfItButNoneThatOnlyChecks) {
  Start();
  EXPECT_TRUE(Reload(/*validate_only=*/true).ok());
  EXPECT_EQ(asked_, 0);
  EXPECT_TRUE(Reload().ok());
  EXPECT_EQ(asked_, 1);
  Write("history { max_results: 0 }");
  EXPECT_FALSE(Reload().ok());
  EXPECT_EQ(asked_, 2);
  Start(/*with_unet=*/false, {});
  EXPECT_FALSE(Reload().ok()) << "there is no file";
  EXPECT_EQ(asked_, 3);
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
  EXPECT_EQ(refused.message(),
            absl::StrCat(path_,
                         ": security.policy_file: has no effect without security.tls: "
                         "everybody is admin; that is so until a restart makes count: "
                         "security.tls.certificate, security.tls.client_ca, security.tls.key"));
  ExpectNothingChanged();
}

TEST_F(ConfigReloaderTest, CheckingOnlySaysWhatWouldHappenAndChangesNothing) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Write(R"(log_star { max_evaluations: 77 } unet { model: "model" tile_px: 128 }
           targeting { enabled: false })");
  const auto outcome = Reload(/*validate_only=*/true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->applied, ElementsAre("log_star.max_evaluations", "unet.tile_px"));
  EXPECT_THAT(outcome->needs_restart, ElementsAre("targeting.enabled"));
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
  EXPECT_EQ(credentials_counted_, 0);
  load_model_ = nullptr;
  EXPECT_TRUE(Reload().ok());
  EXPECT_EQ(credentials_counted_, 1);
}

TEST_F(ConfigReloaderTest, WithoutAFileThereIsNothingToReload) {
  ConfigReloader none{ConfigReloaderDependencies()};
  none.Start();
  EXPECT_TRUE(absl::IsFailedPrecondition(none.Reload({}, {})));
  EXPECT_TRUE(none.Shutdown(absl::InfiniteFuture()));
}

TEST_F(ConfigReloaderTest, EveryPartIsToldItsNewOptions) {
  Write(R"(history { path: "results" max_result_mib: 9000 })");
  Start();
  Write(R"(history { path: "results" max_results: 7 max_result_mib: 0 max_age_days: 2
                     max_frame_mib: 3 max_kept_frame_mib: 4 max_waiting_mib: 5 }
           clusters { enabled: false }
           targeting { max_lease_s: 11 max_dwell_ms: 900 max_total_dose_s: 12 max_target_age_s: 2
                       max_sites: 99 }
           pipeline { shutdown_deadline_s: 33 }
           trace { spans_file: "spans" all_frames: false })");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->needs_restart, IsEmpty());
  ASSERT_EQ(applied_.size(), 1u);
  const DaemonOptions& now = applied_[0];
  EXPECT_EQ(now.history.max_results, 7);
  EXPECT_EQ(now.history.max_result_mib, 0);
  EXPECT_EQ(now.history.max_age, absl::Hours(48));
  EXPECT_EQ(now.history.max_frame_mib, 3);
  EXPECT_EQ(now.history.max_kept_frame_mib, 4);
  EXPECT_EQ(now.history.max_waiting_mib, 5);
  EXPECT_FALSE(now.structure.has_value());
  EXPECT_EQ(now.targeting.ledger.max_lease, absl::Seconds(11));
  EXPECT_EQ(now.targeting.ledger.max_dwell, absl::Milliseconds(900));
  EXPECT_EQ(now.targeting.ledger.max_total_dose, 12);
  EXPECT_EQ(now.targeting.max_target_age, absl::Seconds(2));
  EXPECT_EQ(now.targeting.tracker.max_sites, 99);
  EXPECT_EQ(now.shutdown_deadline, absl::Seconds(33));
  EXPECT_EQ(now.spans.file, (folder_ / "spans").string());
  EXPECT_FALSE(now.spans.all_frames);
  // Left out again, each counts with its default.
  Write(R"(history { path: "results" })");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(applied_[1].history.max_results, HistoryOptions::kResultsOnDisk);
  EXPECT_TRUE(applied_[1].structure.has_value());
  EXPECT_EQ(applied_[1].spans, SpanOptions());
  EXPECT_EQ(applied_[1].shutdown_deadline, absl::Seconds(10));
}

}  // namespace
}  // namespace atomstream
