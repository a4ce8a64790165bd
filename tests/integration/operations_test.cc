// Upkeep over real connections: reloads under load, health while the daemon works, wedges and
// ends, and trace contexts.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/operations.grpc.pb.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "server/config/config.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::StartsWith;

class OperationsTest : public testing::Test {
 protected:
  // A daemon of this file, whose ports and source are the harness's.
  void Start(const std::string& text) {
    HarnessOptions options;
    Start(text, std::move(options));
  }
  void Start(const std::string& text, HarnessOptions options) {
    Write(text);
    const auto loaded = LoadConfigFile(path_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    options.operations.config = {path_, loaded->config};
    harness_ = std::make_unique<DaemonHarness>(std::move(options));
    operations_ = v1::Operations::NewStub(harness_->NewChannel());
    steering_ = v1::Steering::NewStub(harness_->NewChannel());
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  grpc::Status Reload(v1::ReloadConfigurationResponse* response, bool validate_only = false) {
    grpc::ClientContext context;
    v1::ReloadConfigurationRequest request;
    request.set_validate_only(validate_only);
    request.set_requested_by("ana");
    return operations_->ReloadConfiguration(&context, request, response);
  }

  v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    v1::GetStatusResponse status;
    EXPECT_TRUE(harness_->stub().GetStatus(&context, {}, &status).ok());
    return status;
  }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "operations-", getpid(), "-",
                   testing::UnitTest::GetInstance()->current_test_info()->name(), ".textproto");
  std::unique_ptr<DaemonHarness> harness_;
  std::unique_ptr<v1::Operations::Stub> operations_;
  std::unique_ptr<v1::Steering::Stub> steering_;
};

// What a file with a mistake says: where it is.
struct Mistake {
  const char* text;  // its second line is wrong
  const char* field;
  const char* value;
};
constexpr Mistake kMistakes[] = {
    {"service { max_subscribers: 0 }", "service.max_subscribers", "0"},
    {"history { max_results: 0 }", "history.max_results", "0"},
    {"targeting { max_dwell_ms: -1 }", "targeting.max_dwell_ms", "-1"},
    {"clusters { min_clusters: 4 max_clusters: 3 }", "clusters.max_clusters", "3"},
    {"pipeline { shutdown_deadline_s: 1 }", "pipeline.shutdown_deadline_s", "1"},
    {"trace { max_file_mib: 0 }", "trace.max_file_mib", "0"}};

// Issue 6, point 4: 100 reloads under load lose no frame, and an invalid file changes nothing. Each
// changes something of everything that a reload can change.
TEST_F(OperationsTest, AHundredReloadsUnderLoadLoseNoFrameAndInvalidFilesChangeNothing) {
  const std::string folder = absl::StrCat(path_, ".files/");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto text = [&](int i) {
    return absl::StrCat(
        "log_star { max_evaluations: ", 1 + i, " }\nhistory { path: '", folder,
        "results.sqlite' max_results: ", 1'000'000 - i, " max_frame_mib: ", i % 3,
        " max_result_mib: ", 100 + i, " max_age_days: ", i, " max_kept_frame_mib: ", i % 2 * 8,
        " max_waiting_mib: ", 1 + i, " }\nclusters { enabled: ", i % 3 == 0 ? "false" : "true",
        " max_clusters: ", 2 + i % 5, " dopant_sigmas: ", 2 + i % 90,
        " }\ntargeting { max_lease_s: ", 60 + i, " max_dwell_ms: ", 1000 + i,
        " visit_queue: ", 1 + i, " max_sites: ", 100 + i, " min_drift_quality: 0.", i,
        " }\ntrace { spans_file: '", i % 2 == 0 ? "" : folder + "spans", "' max_file_mib: ", 1 + i,
        " }\npipeline { shutdown_deadline_s: ", 10 + i, " }\n");
  };
  Write(text(1));
  HarnessOptions options;
  options.daemon = *LoadConfig(path_);
  Start(text(1), std::move(options));
  std::atomic<int64_t> submitted = 0;
  // Each frame is answered, so that none may be dropped at the door.
  std::jthread load([&](const std::stop_token& stop) {
    int64_t newest_version = 0;
    int64_t newest_sequence = 0;
    while (!stop.stop_requested()) {
      grpc::ClientContext context;
      v1::AnalyzeFrameRequest request;
      *request.mutable_frame() = ValidFrame(absl::StrCat("f", submitted++));
      v1::AnalyzeFrameResponse response;
      const grpc::Status status = harness_->stub().AnalyzeFrame(&context, request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      EXPECT_GE(response.result().settings_version(), newest_version);
      EXPECT_EQ(response.result().position().sequence(), newest_sequence + 1);
      newest_version = response.result().settings_version();
      newest_sequence = response.result().position().sequence();
    }
  });
  constexpr int kReloads = 100;
  int64_t version = 1;
  absl::Duration deadline = absl::Seconds(11);
  for (int i = 2; i <= kReloads + 1; ++i) {
    v1::ReloadConfigurationResponse response;
    if (i % 4 == 0) {
      const Mistake& mistake = kMistakes[i / 4 % std::size(kMistakes)];
      Write(absl::StrCat("log_star { material: 'graphene' max_evaluations: ", 1000 + i, " }\n",
                         mistake.text));
      const grpc::Status refused = Reload(&response);
      EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
      const google::rpc::ErrorInfo info = ErrorInfoOf(refused);
      EXPECT_EQ(info.reason(), "CONFIGURATION_INVALID");
      EXPECT_EQ(info.metadata().at("file"), path_);
      EXPECT_EQ(info.metadata().at("field"), mistake.field);
      EXPECT_EQ(info.metadata().at("value"), mistake.value);
      EXPECT_EQ(info.metadata().at("line"), "2");
      EXPECT_THAT(refused.error_message(), StartsWith(absl::StrCat(path_, ":2:")));
      EXPECT_THAT(refused.error_message(),
                  HasSubstr(absl::StrCat(": ", mistake.field, " = ", mistake.value, ": ")));
    } else {
      Write(text(i));
      const grpc::Status status = Reload(&response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      EXPECT_THAT(
          response.applied_fields(),
          IsSupersetOf({"log_star.max_evaluations", "history.max_results", "history.max_age_days",
                        "clusters.dopant_sigmas", "targeting.max_lease_s", "targeting.max_sites",
                        "trace.max_file_mib", "pipeline.shutdown_deadline_s"}));
      EXPECT_THAT(response.restart_fields(), IsEmpty());
      EXPECT_EQ(response.settings_version(), ++version);
      deadline = absl::Seconds(10 + i);
    }
    EXPECT_EQ(harness_->daemon().shutdown_deadline(), deadline);
    grpc::ClientContext context;
    v1::GetSettingsResponse settings;
    ASSERT_TRUE(steering_->GetSettings(&context, {}, &settings).ok());
    EXPECT_EQ(settings.settings().version(), version);
    EXPECT_EQ(settings.settings().log_star().material(), "auto");
    EXPECT_LT(settings.settings().log_star().max_evaluations(), 1000);
  }
  load.request_stop();
  load.join();
  EXPECT_GT(submitted, 0);
  const v1::GetStatusResponse status = Status();
  const v1::Counters& counters = status.counters();
  EXPECT_EQ(counters.frames_received(), submitted);
  EXPECT_EQ(counters.frames_processed(), submitted);
  EXPECT_EQ(counters.frames_dropped_admission() + counters.frames_failed(), 0);
  EXPECT_TRUE(status.store().recording()) << status.store().last_error();
  EXPECT_EQ(status.store().results_lost(), 0);
  harness_.reset();
  std::filesystem::remove_all(folder);
}

// As over SIGHUP and the RPC at once, until the daemon ends in the middle of it.
TEST_F(OperationsTest, ReloadsFromTwoSidesAreAllAnsweredAndTheDaemonEndsInTime) {
  Start("log_star { max_evaluations: 1 }");
  std::atomic<bool> stop = false;
  std::atomic<int> accepted = 0, answered = 0, calls = 0;
  std::thread signals([&] {
    while (!stop) {
      const absl::Status status =
          harness_->daemon().Reload({}, [&](const absl::StatusOr<ReloadOutcome>&) { ++answered; });
      accepted += status.ok();
      std::this_thread::yield();
    }
  });
  std::thread remote([&] {
    v1::ReloadConfigurationResponse response;
    while (!stop) {
      const grpc::Status status = Reload(&response);
      EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
                  status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                  status.error_code() == grpc::StatusCode::CANCELLED)  // it came at the very end
          << status.error_message();
      ++calls;
    }
  });
  for (int i = 1; calls < 50 || answered < 50; ++i) {
    const std::string next = path_ + ".next";
    std::ofstream(next) << "log_star { max_evaluations: " << 1 + i % 1000 << " }";
    std::filesystem::rename(next, path_);
    std::this_thread::yield();
  }
  EXPECT_TRUE(harness_->daemon().Shutdown());
  stop = true;
  signals.join();
  remote.join();
  EXPECT_EQ(accepted, answered);
}

// What a service manager is told of the end stays true.
TEST_F(OperationsTest, OnceReloadsAreClosedTheShutdownDeadlineStays) {
  Start("pipeline { shutdown_deadline_s: 11 }");
  v1::ReloadConfigurationResponse response;
  Write("pipeline { shutdown_deadline_s: 12 }");
  ASSERT_TRUE(Reload(&response).ok());
  ASSERT_EQ(harness_->daemon().shutdown_deadline(), absl::Seconds(12));
  harness_->daemon().CloseReloads();
  Write("pipeline { shutdown_deadline_s: 60 }");
  EXPECT_EQ(Reload(&response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(harness_->daemon().shutdown_deadline(), absl::Seconds(12));
}

TEST_F(OperationsTest, FewerResultsAndFramesAreKeptFromAReloadOn) {
  Start("log_star { max_evaluations: 1 }");
  const auto analyze = [this](const std::string& id) {
    grpc::ClientContext context;
    v1::AnalyzeFrameRequest request;
    *request.mutable_frame() = ValidFrame(id);
    v1::AnalyzeFrameResponse response;
    EXPECT_TRUE(harness_->stub().AnalyzeFrame(&context, request, &response).ok()) << id;
  };
  const auto results = [this] {
    grpc::ClientContext context;
    v1::ListFrameResultsResponse response;
    EXPECT_TRUE(harness_->stub().ListFrameResults(&context, {}, &response).ok());
    return response.results_size();
  };
  const auto has_frame = [this](const std::string& id) {
    grpc::ClientContext context;
    v1::GetFrameRequest request;
    request.set_frame_id(id);
    v1::GetFrameResponse response;
    return harness_->stub().GetFrame(&context, request, &response).ok();
  };
  for (const char* id : {"a", "b", "c", "d"}) analyze(id);
  EXPECT_EQ(results(), 4);
  EXPECT_TRUE(has_frame("d"));
  Write("history { max_results: 2 max_frame_mib: 0 }");
  v1::ReloadConfigurationResponse response;
  ASSERT_TRUE(Reload(&response).ok());
  EXPECT_EQ(results(), 2);
  EXPECT_FALSE(has_frame("d"));
  Write("history { max_results: 3 max_frame_mib: 1 }");
  ASSERT_TRUE(Reload(&response).ok());
  analyze("e");
  EXPECT_EQ(results(), 3);
  EXPECT_TRUE(has_frame("e"));
}

TEST_F(OperationsTest, WhatNeedsARestartIsNamedAndACheckChangesNothing) {
  Start("log_star { max_evaluations: 1 }");
  Write("log_star { max_evaluations: 2 } pipeline { submit_queue: 3 }");
  v1::ReloadConfigurationResponse response;
  ASSERT_TRUE(Reload(&response, /*validate_only=*/true).ok());
  EXPECT_THAT(response.applied_fields(), ElementsAre("log_star.max_evaluations"));
  EXPECT_THAT(response.restart_fields(), ElementsAre("pipeline.submit_queue"));
  EXPECT_EQ(response.settings_version(), 1);
  EXPECT_EQ(Status().settings_version(), 1);
  ASSERT_TRUE(Reload(&response).ok());
  EXPECT_EQ(response.settings_version(), 2);
}

TEST_F(OperationsTest, ADaemonWithoutAFileSaysSo) {
  HarnessOptions options;
  harness_ = std::make_unique<DaemonHarness>(std::move(options));
  operations_ = v1::Operations::NewStub(harness_->NewChannel());
  v1::ReloadConfigurationResponse response;
  const grpc::Status status = Reload(&response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(OperationsTest, TheStatusHasAllComponents) {
  Start("log_star { max_evaluations: 1 }");
  std::vector<std::string> names;
  const v1::GetStatusResponse status = Status();
  for (const v1::ComponentStatus& component : status.components()) {
    names.push_back(component.name());
    EXPECT_TRUE(component.serving() || component.name() == "source") << component.detail();
  }
  EXPECT_THAT(names, ElementsAre("source", "pipeline", "detector", "store", "listener"));
}

TEST_F(OperationsTest, AWedgedWorkerIsSeenAndEndsWhenItGoesOn) {
  Gate wedge;
  HarnessOptions options;
  options.daemon.health.pipeline_stall = absl::Milliseconds(50);
  options.detect = [&wedge](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    wedge.Pass();
    return LogStarResult();
  };
  Start("log_star { max_evaluations: 1 }", std::move(options));
  const auto pipeline = [this] {
    const v1::GetStatusResponse status = Status();
    for (const v1::ComponentStatus& component : status.components()) {
      if (component.name() == "pipeline") return component;
    }
    return v1::ComponentStatus();
  };
  EXPECT_TRUE(pipeline().serving());
  harness_->source().Give(MakeFrame(1));
  wedge.WaitForArrivals(1);
  while (pipeline().serving()) std::this_thread::yield();
  EXPECT_THAT(pipeline().detail(), HasSubstr("nothing was done for"));
  wedge.Open();
  while (!pipeline().serving()) std::this_thread::yield();
}

TEST_F(OperationsTest, ATraceContextIsCarriedIntoTheResultAndAMalformedOneIsIgnored) {
  Start("log_star { max_evaluations: 1 }");
  const auto analyze = [this](const std::string& header) {
    grpc::ClientContext context;
    if (!header.empty()) context.AddMetadata("traceparent", header);
    v1::AnalyzeFrameRequest request;
    *request.mutable_frame() = ValidFrame("f");
    v1::AnalyzeFrameResponse response;
    EXPECT_TRUE(harness_->stub().AnalyzeFrame(&context, request, &response).ok()) << header;
    return response.result().trace_parent();
  };
  constexpr char kTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(analyze(kTrace), kTrace);
  EXPECT_EQ(analyze(""), "");
  EXPECT_EQ(analyze("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(analyze("nonsense"), "");
}

}  // namespace
}  // namespace atomstream
