// Steering over a real connection: the operator's hand on the front of a live frame.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kFrontSize = 5;

HarnessOptions Steered() {
  HarnessOptions options;
  options.detect_with = FindFront(kFrontSize);
  return options;
}

class SteeringTest : public testing::Test {
 protected:
  explicit SteeringTest(HarnessOptions options = Steered()) : harness_(std::move(options)) {
    stub_ = v1::Steering::NewStub(harness_.NewChannel());
    v1::SubscribeRequest request;
    request.set_policy(v1::DELIVERY_POLICY_QUEUE);
    reader_ = harness_.Subscribe(&context_, request);
  }
  ~SteeringTest() override { context_.TryCancel(); }

  v1::FrameResult Give(int64_t number) {
    harness_.source().Give(MakeFrame(number));
    return NextResult();
  }

  v1::FrameResult NextResult() {
    v1::FrameResult result;
    EXPECT_TRUE(ReadResult(*reader_, &result));
    return result;
  }

  // The next change of settings; other events are passed over.
  v1::SettingsChange NextChange() {
    v1::SubscribeResponse response;
    do {
      if (!reader_->Read(&response)) return {};
    } while (!response.has_settings());
    return response.settings();
  }

  grpc::Status Select(const v1::SelectSolutionRequest& request,
                      v1::SelectSolutionResponse* response) {
    grpc::ClientContext context;
    return stub_->SelectSolution(&context, request, response);
  }

  grpc::Status Prefer(double preference, v1::SelectSolutionResponse* response,
                      int64_t expected_version = 0) {
    v1::SelectSolutionRequest request;
    request.mutable_selection()->set_preference(preference);
    request.set_expected_version(expected_version);
    request.set_requested_by("ana");
    return Select(request, response);
  }

  grpc::Status Update(const v1::UpdateSettingsRequest& request,
                      v1::UpdateSettingsResponse* response) {
    grpc::ClientContext context;
    return stub_->UpdateSettings(&context, request, response);
  }

  v1::Settings Settings() {
    grpc::ClientContext context;
    v1::GetSettingsResponse response;
    EXPECT_TRUE(stub_->GetSettings(&context, {}, &response).ok());
    return response.settings();
  }

  // The call ended with this code and reason.
  static void ExpectError(const grpc::Status& status, grpc::StatusCode code,
                          const std::string& reason, const std::string& field = "") {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    const google::rpc::ErrorInfo info = ErrorInfoOf(status);
    EXPECT_EQ(info.reason(), reason);
    if (!field.empty()) {
      EXPECT_EQ(info.metadata().at("field"), field);
    }
  }

  DaemonHarness harness_;
  std::unique_ptr<v1::Steering::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
};

TEST_F(SteeringTest, APreferenceGivesAnEventAndAResultThatTakesThePlaceOfTheOld) {
  const v1::FrameResult first = Give(1);
  EXPECT_EQ(first.cause(), v1::RESULT_CAUSE_FRAME);
  EXPECT_EQ(first.settings_version(), 1);
  EXPECT_EQ(first.detectors(0).window_mode(), v1::WINDOW_MODE_GLOBAL);
  v1::SelectSolutionResponse response;
  const grpc::Status status = Prefer(0, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.frame_id(), "frame-1");
  EXPECT_EQ(response.settings().version(), 2);
  EXPECT_EQ(response.settings().selection().preference(), 0);
  EXPECT_THAT(response.settings().changed_by(), testing::StartsWith("ana (ipv4:127.0.0.1:"));
  const v1::SettingsChange change = NextChange();
  EXPECT_EQ(change.text(), "selection: knee -> preference 0");
  EXPECT_THAT(change.changed_fields(), ElementsAre("selection"));
  EXPECT_EQ(change.settings().SerializeAsString(), response.settings().SerializeAsString());
  EXPECT_EQ(change.changed_by(), response.settings().changed_by());
  const v1::FrameResult anew = NextResult();
  EXPECT_EQ(anew.frame_id(), "frame-1");
  EXPECT_EQ(anew.cause(), v1::RESULT_CAUSE_SELECTION);
  EXPECT_EQ(anew.supersedes_sequence(), first.position().sequence());
  EXPECT_EQ(anew.settings_version(), 2);
  EXPECT_EQ(anew.detectors(0).front().chosen_index(), kFrontSize - 1);
  EXPECT_EQ(anew.detectors(0).front().chosen_by(), "preference");
  EXPECT_EQ(Give(2).settings_version(), 2);
}

TEST_F(SteeringTest, TheFrontOfTheNewestLiveFrameIsShownWithItsWindowsAndTheSettings) {
  v1::GetParetoFrontResponse response;
  {
    grpc::ClientContext context;
    ExpectError(stub_->GetParetoFront(&context, {}, &response), grpc::StatusCode::NOT_FOUND,
                "RESULT_NOT_FOUND");
  }
  const v1::FrameResult first = Give(1);
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->GetParetoFront(&context, {}, &response).ok());
  }
  EXPECT_EQ(response.position().sequence(), first.position().sequence());
  EXPECT_EQ(response.frame_id(), "frame-1");
  EXPECT_EQ(response.front().solutions_size(), kFrontSize);
  EXPECT_EQ(response.front().chosen_index(), 0);
  EXPECT_EQ(response.width_px(), 8);
  EXPECT_EQ(response.windows_size(), 1);
  EXPECT_EQ(response.settings().version(), 1);
  EXPECT_EQ(response.settings().changed_by(), "configuration");
  Give(2);
  v1::GetParetoFrontRequest request;
  *request.mutable_position() = first.position();
  request.set_without_windows(true);
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->GetParetoFront(&context, request, &response).ok());
  }
  EXPECT_EQ(response.frame_id(), "frame-1");
  EXPECT_EQ(response.windows_size(), 0);
  request.mutable_position()->set_sequence(99);
  grpc::ClientContext context;
  ExpectError(stub_->GetParetoFront(&context, request, &response), grpc::StatusCode::NOT_FOUND,
              "RESULT_NOT_FOUND");
}

TEST_F(SteeringTest, AnIndexIsMeantForTheFrontOfAResult) {
  const v1::FrameResult first = Give(1);
  v1::SelectSolutionRequest request;
  request.mutable_selection()->set_index(2);
  v1::SelectSolutionResponse response;
  ExpectError(Select(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "position");
  *request.mutable_position() = first.position();
  ASSERT_TRUE(Select(request, &response).ok());
  EXPECT_EQ(NextResult().detectors(0).front().chosen_index(), 2);
  request.mutable_selection()->set_index(kFrontSize);
  ExpectError(Select(request, &response), grpc::StatusCode::OUT_OF_RANGE, "INDEX_OUT_OF_RANGE",
              "selection.index");
  request.mutable_position()->set_epoch("another");
  ExpectError(Select(request, &response), grpc::StatusCode::NOT_FOUND, "RESULT_NOT_FOUND");
  EXPECT_EQ(Settings().version(), 2);
}

TEST_F(SteeringTest, BadSelectionsAreRefusedAndChangeNothing) {
  v1::SelectSolutionResponse response;
  ExpectError(Prefer(1.5, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "selection.preference");
  ExpectError(Select({}, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "selection");
  v1::SelectSolutionRequest request;
  request.mutable_selection()->set_place(v1::FRONT_PLACE_UNSPECIFIED);
  ExpectError(Select(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "selection.place");
  request.mutable_selection()->mutable_weights();
  ExpectError(Select(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "selection.weights.er");
  request.mutable_selection()->set_place(v1::FRONT_PLACE_MIN_QC);
  request.set_requested_by(std::string(65, 'x'));
  ExpectError(Select(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "requested_by");
  EXPECT_EQ(Settings().version(), 1);
}

TEST_F(SteeringTest, SettingsChangeTogetherOrNotAtAll) {
  Give(1);
  v1::UpdateSettingsRequest request;
  request.mutable_log_star()->set_material("graphene");
  request.mutable_log_star()->add_preprocessing(v1::PREPROCESSING_NONE);
  request.mutable_log_star()->set_window_size_px(3);
  request.mutable_update_mask()->add_paths("material");
  request.mutable_update_mask()->add_paths("preprocessing");
  request.mutable_update_mask()->add_paths("window_size_px");
  v1::UpdateSettingsResponse response;
  ExpectError(Update(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "log_star.window_size_px");
  EXPECT_EQ(Settings().log_star().material(), "auto");
  request.mutable_log_star()->set_window_size_px(128);
  request.set_validate_only(true);
  ASSERT_TRUE(Update(request, &response).ok());
  EXPECT_EQ(response.settings().log_star().window_size_px(), 128);
  EXPECT_EQ(Settings().version(), 1);
  request.set_validate_only(false);
  ASSERT_TRUE(Update(request, &response).ok());
  EXPECT_EQ(response.frame_id(), "frame-1");
  EXPECT_THAT(
      NextChange().changed_fields(),
      ElementsAre("log_star.material", "log_star.preprocessing", "log_star.window_size_px"));
  const v1::FrameResult anew = NextResult();
  EXPECT_EQ(anew.cause(), v1::RESULT_CAUSE_SETTINGS);
  EXPECT_EQ(anew.supersedes_sequence(), 1);
  const v1::Settings settings = Settings();
  EXPECT_EQ(settings.version(), 2);
  EXPECT_EQ(settings.log_star().material(), "graphene");
  EXPECT_THAT(settings.log_star().preprocessing(), ElementsAre(v1::PREPROCESSING_NONE));
  EXPECT_EQ(settings.log_star().max_evaluations(), 350);  // was not meant
}

TEST_F(SteeringTest, BadUpdatesNameWhatIsWrong) {
  v1::UpdateSettingsResponse response;
  v1::UpdateSettingsRequest request;
  ExpectError(Update(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "update_mask");
  request.mutable_update_mask()->add_paths("seed");
  ExpectError(Update(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "update_mask");
  request.mutable_update_mask()->set_paths(0, "material");
  request.mutable_log_star()->set_material("unobtainium");
  ExpectError(Update(request, &response), grpc::StatusCode::NOT_FOUND, "MATERIAL_UNKNOWN",
              "log_star.material");
  request.mutable_update_mask()->set_paths(0, "rewards");
  ExpectError(Update(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "log_star.rewards");
  request.mutable_update_mask()->set_paths(0, "time_budget");
  request.mutable_log_star()->mutable_time_budget()->set_seconds(-1);
  ExpectError(Update(request, &response), grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID",
              "log_star.time_budget");
  EXPECT_EQ(Settings().version(), 1);
}

TEST_F(SteeringTest, WhoHasSeenOlderSettingsIsToldSo) {
  v1::SelectSolutionResponse response;
  ASSERT_TRUE(Prefer(0.5, &response, 1).ok());
  ExpectError(Prefer(0.7, &response, 1), grpc::StatusCode::ABORTED, "SETTINGS_CHANGED",
              "expected_version");
  EXPECT_TRUE(Prefer(0.7, &response, 2).ok());
}

TEST_F(SteeringTest, OfTwoOperatorsWhoRaceEachChangeIsBasedOnWhatItsOperatorHasSeen) {
  constexpr int kChanges = 20;
  std::vector<std::thread> operators;
  for (int t = 0; t < 2; ++t) {
    operators.emplace_back([this, t] {
      for (int made = 0; made < kChanges;) {
        const int64_t seen = Settings().version();
        v1::SelectSolutionResponse response;
        const grpc::Status status = Prefer((t * kChanges + made + 1) / 100.0, &response, seen);
        if (status.ok()) {
          EXPECT_EQ(response.settings().version(), seen + 1);
          ++made;
        } else {
          EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
        }
      }
    });
  }
  for (std::thread& thread : operators) thread.join();
  EXPECT_EQ(Settings().version(), 2 * kChanges + 1);
  grpc::ClientContext context;
  v1::ListSettingsChangesRequest request;
  request.set_max_count(1000);
  v1::ListSettingsChangesResponse changes;
  ASSERT_TRUE(stub_->ListSettingsChanges(&context, request, &changes).ok());
  ASSERT_EQ(changes.changes_size(), 2 * kChanges);
  for (int i = 0; i < changes.changes_size(); ++i) {
    EXPECT_EQ(changes.changes(i).settings().version(), i + 2);
  }
}

TEST_F(SteeringTest, AFrameIsSearchedAgainOnRequest) {
  v1::ReprocessFrameResponse response;
  {
    grpc::ClientContext context;
    ExpectError(stub_->ReprocessFrame(&context, {}, &response), grpc::StatusCode::NOT_FOUND,
                "FRAME_NOT_FOUND");
  }
  Give(1);
  {
    grpc::ClientContext context;
    const grpc::Status status = stub_->ReprocessFrame(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_EQ(response.result().frame_id(), "frame-1");
  EXPECT_EQ(response.result().cause(), v1::RESULT_CAUSE_REPROCESS);
  EXPECT_EQ(response.result().supersedes_sequence(), 1);
  EXPECT_EQ(response.result().origin(), "source");
  EXPECT_EQ(NextResult().SerializeAsString(), response.result().SerializeAsString());
}

TEST_F(SteeringTest, TheStatusTellsTheVersionAndANegativeCountIsRefused) {
  v1::SelectSolutionResponse selected;
  ASSERT_TRUE(Prefer(0.5, &selected).ok());
  grpc::ClientContext context, list_context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(harness_.stub().GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.settings_version(), 2);
  v1::ListSettingsChangesRequest request;
  request.set_max_count(-1);
  v1::ListSettingsChangesResponse changes;
  ExpectError(stub_->ListSettingsChanges(&list_context, request, &changes),
              grpc::StatusCode::INVALID_ARGUMENT, "STEERING_INVALID", "max_count");
}

TEST_F(SteeringTest, AFrameResultByIdIsTheNewestDecision) {
  Give(1);
  v1::SelectSolutionResponse selected;
  ASSERT_TRUE(Prefer(0, &selected).ok());
  NextResult();
  grpc::ClientContext context;
  v1::GetFrameResultRequest request;
  request.set_frame_id("frame-1");
  v1::GetFrameResultResponse response;
  ASSERT_TRUE(harness_.stub().GetFrameResult(&context, request, &response).ok());
  ASSERT_EQ(response.result().detectors_size(), 1);
  EXPECT_EQ(response.result().detectors(0).front().chosen_index(), kFrontSize - 1);
  EXPECT_EQ(response.result().settings_version(), 2);
}

class AuditedSteeringTest : public SteeringTest {
 protected:
  AuditedSteeringTest() : SteeringTest(Audited()) {}
  ~AuditedSteeringTest() override { std::filesystem::remove(Path()); }

  static std::string Path() {
    return absl::StrCat(testing::TempDir(), "steering_test_", getpid(), ".audit");
  }
  static HarnessOptions Audited() {
    std::filesystem::remove(Path());
    HarnessOptions options = Steered();
    options.daemon.audit_log = Path();
    return options;
  }
};

TEST_F(AuditedSteeringTest, EveryChangeIsALineOfTheAuditLogBeforeTheCallReturns) {
  v1::SelectSolutionResponse response;
  ASSERT_TRUE(Prefer(0.25, &response).ok());
  ASSERT_FALSE(Prefer(7, &response).ok());
  std::ifstream file(Path());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("\tselect\tana (ipv4:127.0.0.1:"));
  EXPECT_THAT(lines[0], HasSubstr(")\tversion 2: selection: knee -> preference 0.25"));
}

}  // namespace
}  // namespace atomstream
