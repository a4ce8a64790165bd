#include "server/frame_processor.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "server/frame_scorer.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

FrameMetadata Live(int64_t number, const char* material = "") {
  FrameMetadata metadata;
  metadata.number = number;
  metadata.material = material;
  return metadata;
}

FrameMetadata Blank(int64_t number) {
  FrameMetadata metadata = Live(number);
  metadata.detector = "blank";
  return metadata;
}

class FrameProcessorTest : public testing::Test {
 protected:
  void Make(FakeLogStar::Body body) {
    settings_ = std::make_unique<SettingsHolder>(MakeFakeSettings(FakeFactory(std::move(body))));
    processor_ =
        std::make_unique<FrameProcessor>(FrameProcessorDependencies{.settings = settings_.get(),
                                                                    .executor = &executor_,
                                                                    .steady_clock = &clock_,
                                                                    .metrics = &metrics_,
                                                                    .on_unet = {}});
  }

  // A detector whose warm start for the next frame is the present frame's number, and which keeps
  // what it was given.
  void MakeLearning() {
    Make([this](const Frame& frame, const WarmStart* warm) -> absl::StatusOr<LogStarResult> {
      given_.push_back(warm == nullptr ? -1 : warm->points.at(0).at(0));
      LogStarResult result;
      auto next = std::make_shared<WarmStart>();
      next->points = {{static_cast<double>(frame.metadata().number)}};
      if (frame.metadata().detector != "blank") result.next_warm_start = next;
      return result;
    });
  }

  DetectorEvent Process(FrameMetadata metadata, FrameOrigin origin = FrameOrigin::kSource) {
    AdmittedFrame admitted;
    if (metadata.id.empty()) metadata.id = "f";
    admitted.live_index = metadata.number;
    admitted.frame = MakeFrame(std::move(metadata));
    admitted.origin = origin;
    admitted.arrival_time = clock_.Now();
    admitted.admission_time = clock_.Now();
    if (origin == FrameOrigin::kAnalyze) {
      admitted.submission = std::make_shared<Submission>(DetectorSet{DetectorKind::kLogStar},
                                                         [](absl::StatusOr<FrameRecords>) {});
    }
    PipelineProgress::Piece piece(&progress_);
    return *processor_->Process(std::move(admitted), piece);
  }

  FakeClock clock_;
  PipelineProgress progress_{&clock_};
  InlineExecutor executor_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  std::unique_ptr<SettingsHolder> settings_;
  std::unique_ptr<FrameProcessor> processor_;
  std::vector<double> given_;
};

TEST_F(FrameProcessorTest, ALiveFrameBeginsWhereTheNewestLiveOneEnded) {
  MakeLearning();
  for (const int64_t number : {1, 2, 3}) Process(Live(number));
  EXPECT_EQ(given_, (std::vector<double>{-1, 1, 2}));
}

TEST_F(FrameProcessorTest, AnOlderFrameThatFinishesLateDoesNotReplaceTheNewerOnesFindings) {
  MakeLearning();
  for (const int64_t number : {1, 5, 3, 6}) Process(Live(number));
  EXPECT_EQ(given_.back(), 5);
}

TEST_F(FrameProcessorTest, ABlankFrameLeavesWhatIsKnown) {
  MakeLearning();
  Process(Live(1));
  Process(Blank(2));
  Process(Live(3));
  EXPECT_EQ(given_, (std::vector<double>{-1, 1, 1}));
}

TEST_F(FrameProcessorTest, AnotherMaterialBeginsCold) {
  MakeLearning();
  Process(Live(1, "graphene"));
  Process(Live(2, "SrTiO3"));
  Process(Live(3, "SrTiO3"));
  EXPECT_EQ(given_, (std::vector<double>{-1, -1, 2}));
}

TEST_F(FrameProcessorTest, SubmissionsBeginColdAndTeachNobody) {
  MakeLearning();
  Process(Live(1));
  Process(Live(2), FrameOrigin::kAnalyze);
  Process(Live(3));
  EXPECT_EQ(given_, (std::vector<double>{-1, -1, 1}));
}

TEST_F(FrameProcessorTest, TheSearchStateIsNotKeptInTheRecord) {
  MakeLearning();
  const DetectorEvent event = Process(Live(1));
  EXPECT_EQ(std::get<LogStarResult>(event.detector.result).next_warm_start, nullptr);
}

TEST_F(FrameProcessorTest, AFailingDetectorIsRecordedAndCounted) {
  Make([](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    return absl::NotFoundError("material \"x\" is not known");
  });
  EXPECT_TRUE(absl::IsNotFound(Process(Live(1)).detector.status));
  EXPECT_EQ(metrics_.FramesFailed("log_star")->value(), 1);
  EXPECT_EQ(metrics_.FramesFailed("unet")->value(), 0);
}

TEST_F(FrameProcessorTest, AnExceptionBecomesAFailure) {
  Make([](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    throw std::runtime_error("thrown");
  });
  EXPECT_TRUE(absl::IsInternal(Process(Live(1)).detector.status));
}

TEST_F(FrameProcessorTest, AFrameWithTruthIsScored) {
  Make([](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    LogStarResult result;
    result.atoms.push_back({.x_px = 1, .y_px = 1});
    result.atoms.push_back({.x_px = 6, .y_px = 6});
    return result;
  });
  FrameMetadata metadata;
  metadata.ground_truth = {{{1, 1}, {5, 1}, {1, 5}, {5, 5}}};
  const DetectorEvent event = Process(metadata);
  ASSERT_TRUE(event.evaluation.has_value());
  const EvaluationRecord& score = *event.evaluation;
  EXPECT_DOUBLE_EQ(score.match_radius_px, 2);  // half of the distance 4
  EXPECT_EQ(score.true_positives, 2);
  EXPECT_EQ(score.false_positives, 0);
  EXPECT_EQ(score.false_negatives, 2);
  EXPECT_DOUBLE_EQ(score.f1, 2.0 / 3);
  // Distances 0 and sqrt(2): root mean square 1.
  EXPECT_NEAR(score.rmse_px, 1, 1e-12);
  EXPECT_FALSE(Process(Live(2)).evaluation.has_value());
}

TEST_F(FrameProcessorTest, ClustersFollowADetectorThatDidNotFail) {
  SilentLog log;
  StructureStage stage(StructureOptions(),
                       {.steady_clock = &clock_, .metrics = &metrics_, .log = &log});
  Make([](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    if (frame.metadata().number == 2) return absl::InternalError("broken");
    LogStarResult result;
    result.atoms.push_back({.x_px = 4, .y_px = 4});
    result.lattice.d_nn_px = 1;
    return result;
  });
  EXPECT_EQ(Process(Live(1)).detector.structure, nullptr);  // switched off
  processor_ =
      std::make_unique<FrameProcessor>(FrameProcessorDependencies{.settings = settings_.get(),
                                                                  .executor = &executor_,
                                                                  .steady_clock = &clock_,
                                                                  .metrics = &metrics_,
                                                                  .structure = &stage,
                                                                  .on_unet = {}});
  for (const FrameOrigin origin : {FrameOrigin::kSource, FrameOrigin::kAnalyze}) {
    const DetectorEvent event = Process(Live(1), origin);
    ASSERT_NE(event.detector.structure, nullptr);
    EXPECT_EQ(event.detector.structure->clusters.labels.size(), 1u);
    EXPECT_EQ(event.detector.structure->sites.sites.size(), 1u);
  }
  EXPECT_EQ(Process(Live(2)).detector.structure, nullptr);
}

TEST(FrameScorerTest, NeedsTwoTruePositions) {
  EXPECT_TRUE(absl::IsFailedPrecondition(ScoreAtoms({}, {{1, 1}}).status()));
}

TEST(FrameScorerTest, TheRadiusIsTheSameForALargeTruth) {
  std::vector<PointPx> truth;
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 50; ++x) truth.push_back({3.0 * x, 3.0 * y});
  }
  EXPECT_DOUBLE_EQ(ScoreAtoms({}, truth)->match_radius_px, 1.5);
}

TEST_F(FrameProcessorTest, TimesAreKept) {
  Make([this](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    clock_.Advance(absl::Milliseconds(40));
    return LogStarResult();
  });
  AdmittedFrame admitted;
  admitted.frame = MakeFrame(1);
  admitted.arrival_time = clock_.Now() - absl::Milliseconds(5);
  admitted.admission_time = clock_.Now();
  PipelineProgress::Piece piece(&progress_);
  const DetectorEvent event = *processor_->Process(std::move(admitted), piece);
  ASSERT_EQ(event.progress->common.timings.size(), 1u);
  EXPECT_EQ(event.progress->common.timings[0].stage, "queue");
  EXPECT_EQ(event.progress->common.timings[0].duration, absl::Milliseconds(5));
  EXPECT_EQ(event.finish_time - event.progress->admission_time, absl::Milliseconds(40));
}

}  // namespace
}  // namespace atomstream
