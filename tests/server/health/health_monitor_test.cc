#include "server/health/health_monitor.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "server/health/detector_outcomes.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

class HealthMonitorTest : public testing::Test {
 protected:
  ComponentHealth Of(absl::string_view name) {
    const HealthReport report = monitor_.Check();
    const ComponentHealth* found = report.Find(name);
    return found == nullptr ? ComponentHealth{} : *found;
  }

  FakeClock clock_;
  RealWait wait_;
  SourceStatus source_{SourceState::kStreaming, "microscope 1:2", "", 0};
  PipelineProgress pipeline_{&clock_};
  PipelineProgress unet_{&clock_};
  DetectorOutcomes outcomes_;
  StoreHealth store_;
  absl::Duration shut_out_;
  std::string not_tried_;
  std::vector<HealthReport> told_;
  HealthMonitor monitor_{
      {.source_grace = absl::Seconds(10),
       .pipeline_stall = absl::Seconds(15),
       .unet_stall = absl::Seconds(120)},
      {.inputs = {.source = [this] { return source_; },
                  .pipeline = &pipeline_,
                  .unet = &unet_,
                  .broken = [this] { return outcomes_.Broken(); },
                  .store = [this] { return store_; },
                  .shut_out = [this] { return shut_out_; },
                  .not_tried = [this] { return not_tried_; }},
       .steady_clock = &clock_,
       .wait = &wait_,
       .on_check = [this](const HealthReport& report) { told_.push_back(report); }}};
};

TEST_F(HealthMonitorTest, ADaemonAtWorkServesAllComponentsAndIsReady) {
  const HealthReport report = monitor_.Check();
  ASSERT_EQ(report.components.size(), 5u);
  for (const ComponentHealth& component : report.components) {
    EXPECT_TRUE(component.serving) << component.name;
  }
  EXPECT_TRUE(report.ready);
  EXPECT_EQ(report.Find("camera"), nullptr);
}

TEST_F(HealthMonitorTest, ASourceThatIsAwayHasItsGraceAndServesAgainAtOnce) {
  source_ = {SourceState::kConnecting, "microscope 1:2", "UNAVAILABLE: gone", 3};
  EXPECT_TRUE(Of(kSourceComponent).serving);
  clock_.Advance(absl::Seconds(9));
  EXPECT_TRUE(Of(kSourceComponent).serving);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(Of(kSourceComponent).serving);
  EXPECT_EQ(Of(kSourceComponent).detail, "microscope 1:2 is away for 10s: UNAVAILABLE: gone");
  EXPECT_TRUE(monitor_.Check().ready);  // frames can still be submitted
  source_.state = SourceState::kStreaming;
  EXPECT_TRUE(Of(kSourceComponent).serving);
  // The grace begins anew.
  source_.state = SourceState::kConnecting;
  EXPECT_TRUE(Of(kSourceComponent).serving);
}

TEST_F(HealthMonitorTest, NoSourceAndAFinishedReplayAreWell) {
  for (const SourceState state : {SourceState::kNone, SourceState::kFinished}) {
    source_.state = state;
    monitor_.Check();
    clock_.Advance(absl::Hours(1));
    EXPECT_TRUE(Of(kSourceComponent).serving);
  }
}

TEST_F(HealthMonitorTest, APipelineThatDoesNothingWithItsFramesIsNotReady) {
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(monitor_.Check().ready);  // idle is well
  pipeline_.SetWork(2);
  clock_.Advance(absl::Seconds(14));
  EXPECT_TRUE(monitor_.Check().ready);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(monitor_.Check().ready);
  EXPECT_FALSE(Of(kPipelineComponent).serving);
  EXPECT_EQ(Of(kPipelineComponent).detail, "frames wait, and nothing was done for 15s");
  pipeline_.Step();
  EXPECT_TRUE(monitor_.Check().ready);
}

TEST_F(HealthMonitorTest, ADetectorIsBrokenAfterTenFailuresInARowOrWhenItHangs) {
  for (int i = 1; i < DetectorOutcomes::kBroken; ++i) {
    outcomes_.Add(DetectorKind::kUnet, absl::InternalError("no memory"));
    outcomes_.Add(DetectorKind::kLogStar, absl::OkStatus());
  }
  EXPECT_TRUE(Of(kDetectorComponent).serving);
  outcomes_.Add(DetectorKind::kUnet, absl::InternalError("no memory"));
  EXPECT_FALSE(Of(kDetectorComponent).serving);
  EXPECT_EQ(Of(kDetectorComponent).detail,
            "unet failed on its last 10 frames: INTERNAL: no memory");
  outcomes_.Add(DetectorKind::kUnet, absl::OkStatus());
  EXPECT_TRUE(Of(kDetectorComponent).serving);
  unet_.SetWork(1);
  clock_.Advance(absl::Seconds(120));
  EXPECT_FALSE(Of(kDetectorComponent).serving);
  EXPECT_TRUE(Of(kPipelineComponent).serving);
}

TEST_F(HealthMonitorTest, AStoreThatDoesNotRecordIsToldButDoesNotEndReadiness) {
  store_ = {false, "disk full"};
  EXPECT_EQ(Of(kStoreComponent), (ComponentHealth{"store", false, "disk full"}));
  EXPECT_TRUE(monitor_.Check().ready);
}

TEST_F(HealthMonitorTest, AListenerThatTakesNoConnectionIsStuckButNotDuringADrain) {
  shut_out_ = absl::Seconds(9);
  EXPECT_TRUE(Of(kListenerComponent).serving);
  EXPECT_EQ(monitor_.Check().stuck(), nullptr);
  shut_out_ = absl::Seconds(10);
  const HealthReport report = monitor_.Check();
  EXPECT_FALSE(report.ready);
  ASSERT_NE(report.stuck(), nullptr);
  EXPECT_EQ(*report.stuck(), (ComponentHealth{"listener", false, "takes no connection for 10s"}));
  monitor_.Drain();  // at whose end the port is closed
  EXPECT_TRUE(Of(kListenerComponent).serving);
}

TEST_F(HealthMonitorTest, APortThatIsNotTriedServesAndSaysSo) {
  EXPECT_EQ(Of(kListenerComponent), (ComponentHealth{"listener", true, ""}));
  not_tried_ = "it is asleep";
  EXPECT_EQ(Of(kListenerComponent), (ComponentHealth{"listener", true, "not tried: it is asleep"}));
}

TEST_F(HealthMonitorTest, DrainingIsToldBeforeItReturnsAndLeavesTheComponents) {
  monitor_.Drain();
  ASSERT_FALSE(told_.empty());
  EXPECT_FALSE(told_.back().ready);
  EXPECT_TRUE(told_.back().Find(kPipelineComponent)->serving);
  EXPECT_FALSE(monitor_.Check().ready);
}

TEST_F(HealthMonitorTest, NewOptionsCountFromTheNextCheckOn) {
  pipeline_.SetWork(1);
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(monitor_.Check().ready);
  monitor_.SetOptions({.pipeline_stall = absl::Seconds(4)});
  EXPECT_FALSE(monitor_.Check().ready);
}

TEST_F(HealthMonitorTest, TheThreadChecksAtOnceAndShutdownDoesNotWaitForItsSleep) {
  monitor_.Start();
  EXPECT_GE(told_.size(), 1u);
  const absl::Time begin = absl::Now();
  monitor_.Shutdown();
  EXPECT_LT(absl::Now() - begin, HealthMonitor::kInterval);
}

}  // namespace
}  // namespace atomstream
