// SteeringDeskTest: a SteeringDesk between fakes, and what it told whom.
#ifndef ATOMSTREAM_TESTS_SERVER_STEERING_STEERING_DESK_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_STEERING_STEERING_DESK_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/steering/steering_desk.h"
#include "tests/fakes/fake_audit.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/recording_store.h"

namespace atomstream {

inline SteeringCall CallOf(const std::string& name, const std::string& address = "test",
                           int64_t expected_version = 0) {
  SteeringCall call;
  call.name = name;
  call.address = address;
  call.expected_version = expected_version;
  return call;
}

class SteeringDeskTest : public testing::Test {
 protected:
  SteeringDeskTest() { Make(FakeFactory()); }

  void Make(LogStarFactory factory) {
    desk_ = std::make_unique<SteeringDesk>(SteeringDeskDependencies{
        .settings = &holder_,
        .make_log_star = std::move(factory),
        .front_of = [this](const ResultPosition& position) { return FrontOf(position); },
        .audit = &audit_,
        .metrics = &metrics_,
        .clock = &clock_,
        .publish = [this](const SettingsChangePtr& change) { published_.push_back(change); },
        .reevaluate = [this] { ++reevaluations_; }});
  }

  absl::StatusOr<SettingsOutcome> Prefer(double preference, SteeringCall call = {}) {
    return desk_->Select({.selection = SolutionChoice::ByPreference(preference), .position = {}},
                         call);
  }

  absl::StatusOr<SettingsOutcome> SetMaterial(const std::string& material,
                                              bool validate_only = false) {
    SettingsRequest request;
    request.log_star.material = material;
    request.fields = {"material"};
    request.validate_only = validate_only;
    return desk_->Update(request, {});
  }

  // A stored result with a front of this size; its position.
  ResultPosition StoreFront(int size) {
    FrameRecord record;
    record.frame_id = "f";
    LogStarResult result;
    result.front = MakeFakeFront(size);
    record.detector.result = std::move(result);
    return store_.Append(std::move(record))->record->position;
  }

  absl::StatusOr<std::vector<FrontPoint>> FrontOf(const ResultPosition& position) const {
    const auto stored = store_.Get(position);
    if (!stored.ok()) return stored.status();
    const FrameRecordPtr record = store_.RecordOf(**stored);
    const auto* result = std::get_if<LogStarResult>(&record->detector.result);
    if (result == nullptr) return absl::InvalidArgumentError("is no result of log_star");
    return result->front;
  }

  // Nothing of what a change leaves is there.
  void ExpectUnchanged() {
    EXPECT_EQ(desk_->settings().version, 1);
    EXPECT_TRUE(published_.empty());
    EXPECT_TRUE(audit_.lines().empty());
    EXPECT_EQ(reevaluations_, 0);
    EXPECT_TRUE(desk_->Changes(0)->empty());
  }

  FakeClock clock_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  RecordingStore store_;
  FakeAudit audit_;
  SettingsHolder holder_{MakeFakeSettings()};
  std::vector<SettingsChangePtr> published_;
  int reevaluations_ = 0;
  std::unique_ptr<SteeringDesk> desk_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_STEERING_STEERING_DESK_FIXTURE_H_
