// SteeredPipelineTest: a pipeline between fakes, under a SteeringDesk.
#ifndef ATOMSTREAM_TESTS_SERVER_STEERING_STEERED_PIPELINE_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_STEERING_STEERED_PIPELINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "server/steering/steering_desk.h"
#include "tests/fakes/test_frames.h"
#include "tests/server/pipeline_fixture.h"

namespace atomstream {

inline constexpr int kFrontSize = 5;

class NoAudit final : public AuditLog {
 public:
  void Record(const AuditEntry&) override {}
};

class SteeredPipelineTest : public PipelineTest {
 protected:
  // Every frame has a front of kFrontSize; the atom's column is the index of the chosen solution.
  void StartSteered(FakeLogStar::RequestBody body = FindFront(kFrontSize),
                    PipelineOptions options = {}, FrameCache* frames = nullptr) {
    const LogStarFactory factory = FakeFactory(std::move(body));
    settings_.Set(MakeFakeSettings(factory));
    reader_ = MakeReader();
    PipelineDependencies dependencies;
    dependencies.source = &source_;
    dependencies.settings = &settings_;
    dependencies.executor = &executor_;
    dependencies.store = &store_;
    dependencies.hub = &hub_;
    dependencies.frames = frames;
    if (frames != nullptr) {
      finder_ = std::make_unique<FrameFinder>(FrameFinderParts{
          .cache = frames, .store = &store_, .keeper = keeper_, .max_kept_frame_mib = 1});
    }
    dependencies.keeper = keeper_;
    dependencies.finder = finder_.get();
    dependencies.metrics = &metrics_;
    dependencies.log = &log_;
    dependencies.clock = &clock_;
    dependencies.steady_clock = &steady_clock_;
    dependencies.wait = &wait_;
    dependencies.random = [] { return 0.0; };
    pipeline_ = std::make_unique<Pipeline>(options, std::move(dependencies));
    pipeline_->Start();
    desk_ = std::make_unique<SteeringDesk>(SteeringDeskDependencies{
        .settings = &settings_,
        .make_log_star = factory,
        .front_of =
            [this](const ResultPosition& position) -> absl::StatusOr<std::vector<FrontPoint>> {
          ASSIGN_OR_RETURN(const StoredResultPtr result, store_.Get(position));
          return std::get<LogStarResult>(store_.RecordOf(*result)->detector.result).front;
        },
        .audit = &audit_,
        .metrics = &metrics_,
        .clock = &clock_,
        .publish = [this](const SettingsChangePtr& change) { hub_.PublishSettings(change); },
        .reevaluate = [this] { pipeline_->Reevaluate(); }});
  }

  void Prefer(double preference) {
    const auto outcome =
        desk_->Select({.selection = SolutionChoice::ByPreference(preference), .position = {}}, {});
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  void SetMaterial(const std::string& material) {
    SettingsRequest request;
    request.log_star.material = material;
    request.fields = {"material"};
    const auto outcome = desk_->Update(request, {});
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  FrameRecordPtr GiveAndRead(int64_t number) {
    source_.Give(MakeFrame(number));
    return reader_->NextResult();
  }

  std::future<Result> Reprocess(const std::string& frame_id) {
    auto promise = std::make_shared<std::promise<Result>>();
    std::future<Result> future = promise->get_future();
    const auto submission = pipeline_->Reprocess(
        frame_id, [promise](Result result) { promise->set_value(std::move(result)); });
    if (!submission.ok()) promise->set_value(submission.status());
    return future;
  }

  static int ChosenOf(const FrameRecord& record) {
    return std::get<LogStarResult>(record.detector.result).chosen;
  }

  NoAudit audit_;
  std::unique_ptr<SteeringDesk> desk_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_STEERING_STEERED_PIPELINE_FIXTURE_H_
