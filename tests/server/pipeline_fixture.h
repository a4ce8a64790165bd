// PipelineTest: a pipeline between fakes, and a subscriber that keeps all results.
#ifndef ATOMSTREAM_TESTS_SERVER_PIPELINE_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_PIPELINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/pipeline.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_frame_source.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/fake_segmenter.h"
#include "tests/fakes/fake_wait.h"
#include "tests/fakes/hub_reader.h"
#include "tests/fakes/recording_store.h"

namespace atomstream {

using Result = absl::StatusOr<FrameRecords>;

class PipelineTest : public testing::Test {
 protected:
  void Start(PipelineOptions options, FakeLogStar::Body body = {}, bool with_source = true) {
    StartWith(options, nullptr, std::move(body), with_source);
  }

  // With a U-Net whose network is `segment`.
  void StartWithUnet(PipelineOptions options, FakeSegmenter::Body segment,
                     FakeLogStar::Body body = {}, bool with_source = true) {
    holder_ = std::make_unique<ModelHolder>(MakeFakeModel("fake@0", std::move(segment)));
    StartWith(options, holder_.get(), std::move(body), with_source);
  }

  void StartWith(PipelineOptions options, const ModelHolder* model, FakeLogStar::Body body,
                 bool with_source) {
    if (body) settings_.Set(MakeFakeSettings(FakeFactory(std::move(body))));
    reader_ = MakeReader();
    pipeline_ = std::make_unique<Pipeline>(
        options, PipelineDependencies{.source = with_source ? &source_ : nullptr,
                                      .settings = &settings_,
                                      .model = model,
                                      .lower_unet_priority = {},
                                      .executor = &executor_,
                                      .store = &store_,
                                      .hub = &hub_,
                                      .frames = &frames_,
                                      .keeper = keeper_,
                                      .targeting = targeting_,
                                      .metrics = &metrics_,
                                      .log = &log_,
                                      .clock = &clock_,
                                      .steady_clock = &steady_clock_,
                                      .wait = &wait_,
                                      .random = [] { return 0.0; }});
    pipeline_->Start();
  }

  // A subscriber that finds the records of what it gets.
  std::unique_ptr<HubReader> MakeReader(DeliveryPolicy policy = DeliveryPolicy::kQueue) {
    return std::make_unique<HubReader>(
        &hub_,
        SubscriptionOptions{.policy = policy, .queue_size = SubscriptionOptions::kMaxQueueSize},
        [this](const StoredResult& result) { return store_.RecordOf(result); });
  }

  // Submits and gives the future end.
  std::future<Result> Submit(std::shared_ptr<const Frame> frame,
                             std::shared_ptr<Submission>* handle = nullptr,
                             DetectorSet wanted = {DetectorKind::kLogStar}) {
    auto promise = std::make_shared<std::promise<Result>>();
    std::future<Result> future = promise->get_future();
    auto submission = pipeline_->Submit(std::move(frame), wanted, [promise](Result result) {
      promise->set_value(std::move(result));
    });
    EXPECT_TRUE(submission.ok()) << submission.status();
    if (handle != nullptr) *handle = *submission;
    return future;
  }

  // received = processed + dropped, once the pipeline is empty.
  void CheckBooks() {
    EXPECT_EQ(metrics_.frames_received_source->value() + metrics_.frames_received_analyze->value(),
              metrics_.frames_processed->value() + metrics_.frames_dropped.total());
  }

  FakeClock clock_;
  const SteadyClock steady_clock_;
  InlineExecutor executor_;
  FakeWait wait_;
  SilentLog log_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  RecordingStore store_;
  FrameCache frames_{1 << 20};
  ResultHub hub_{8, &steady_clock_, &metrics_};
  FakeFrameSource source_;
  std::unique_ptr<ModelHolder> holder_;
  SettingsHolder settings_{MakeFakeSettings()};
  std::unique_ptr<HubReader> reader_;
  Targeting* targeting_ = nullptr;  // these three outlive the pipeline
  FrameKeeper* keeper_ = nullptr;
  std::unique_ptr<FrameFinder> finder_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_PIPELINE_FIXTURE_H_
