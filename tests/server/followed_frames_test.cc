// Live frames on their way through the pipeline to targeting: what is followed, and what is not.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "opencv2/imgproc.hpp"
#include "server/targeting/targeting.h"
#include "tests/server/pipeline_fixture.h"

namespace atomstream {
namespace {

constexpr int kSize = 128;
constexpr double kStep = 10;  // between atoms, px

class NoAudit final : public AuditLog {
 public:
  void Record(const AuditEntry&) override {}
};

class FollowedFramesTest : public PipelineTest {
 protected:
  void SetUp() override {
    cv::Mat_<float> noise(3 * kSize, 3 * kSize);
    cv::RNG(7).fill(noise, cv::RNG::UNIFORM, 0.0, 1.0);
    cv::GaussianBlur(noise, scenery_, {}, 2);
    owned_ = std::make_unique<Targeting>(TargetingOptions(),
                                         TargetingDependencies{.epoch = "epoch",
                                                               .beam = nullptr,
                                                               .wait = nullptr,
                                                               .clock = &clock_,
                                                               .steady_clock = &steady_clock_,
                                                               .metrics = &metrics_.targeting,
                                                               .audit = &audit_,
                                                               .log = &log_});
    targeting_ = owned_.get();
    Start({}, [](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
      if (frame.metadata().id == "bad") return absl::InternalError("no luck");
      LogStarResult result;
      for (double y = kStep; y < kSize; y += kStep) {
        for (double x = kStep; x < kSize; x += kStep) {
          result.atoms.push_back({.x_px = static_cast<float>(x),
                                  .y_px = static_cast<float>(y),
                                  .sigma_px = 2,
                                  .intensity = 0.5f,
                                  .response = 1});
        }
      }
      result.lattice.d_nn_px = kStep;
      return result;
    });
  }
  void TearDown() override {
    pipeline_.reset();
    owned_.reset();
  }

  // The scenery moved by `number` pixels to the right.
  std::shared_ptr<const Frame> MakeView(int64_t number, const std::string& id = "") {
    FrameMetadata metadata;
    metadata.id = id.empty() ? absl::StrCat("frame-", number) : id;
    metadata.number = number;
    metadata.acquisition_time = clock_.Now() + number * absl::Milliseconds(100);
    const Image view =
        scenery_(cv::Rect(kSize - static_cast<int>(number), kSize, kSize, kSize)).clone();
    return *Frame::Create(
        std::move(metadata), kSize, kSize, PixelType::kF32,
        absl::string_view(reinterpret_cast<const char*>(view.data), view.total() * sizeof(float)));
  }
  FrameRecordPtr GiveAndRead(std::shared_ptr<const Frame> frame) {
    source_.Give(std::move(frame));
    return reader_->NextResult();
  }

  Image scenery_;
  NoAudit audit_;
  std::unique_ptr<Targeting> owned_;
};

TEST_F(FollowedFramesTest, EveryLiveResultTellsTheDriftSinceTheLast) {
  EXPECT_FALSE(GiveAndRead(MakeView(1))->drift.has_value());
  for (int64_t number = 2; number <= 3; ++number) {
    const FrameRecordPtr record = GiveAndRead(MakeView(number));
    ASSERT_TRUE(record->drift.has_value());
    EXPECT_EQ(record->drift->earlier_sequence, number - 1);
    EXPECT_EQ(record->drift->estimate.state, DriftState::kMeasured);
    EXPECT_NEAR(record->drift->estimate.x_px, 1, 0.1);  // a whole pixel, no noise
    EXPECT_NEAR(record->drift->estimate.y_px, 0, 0.1);
    EXPECT_NEAR(metrics_.targeting.drift_step_px->value(), 1, 0.15);
  }
  pipeline_.reset();  // the last frame was followed, too
  const auto selected = targeting_->scene().Select({}, std::nullopt);
  ASSERT_TRUE(selected.ok()) << selected.refusal.message;
  EXPECT_EQ((*selected.value)->scene.frame.frame_id, "frame-3");
  EXPECT_EQ((*selected.value)->scene.period, absl::Milliseconds(100));
}

TEST_F(FollowedFramesTest, ASubmittedFrameIsNotFollowed) {
  GiveAndRead(MakeView(1));
  const Result submitted = Submit(MakeView(50, "submitted")).get();
  ASSERT_TRUE(submitted.ok());
  EXPECT_FALSE(submitted->at(0)->drift.has_value());
  reader_->NextResult();
  const FrameRecordPtr record = GiveAndRead(MakeView(2));
  ASSERT_TRUE(record->drift.has_value());
  EXPECT_EQ(record->drift->earlier_sequence, 1);
  EXPECT_NEAR(record->drift->estimate.x_px, 1, 0.1);
}

TEST_F(FollowedFramesTest, AFrameThatFailedIsLeftOut) {
  GiveAndRead(MakeView(1));
  EXPECT_FALSE(GiveAndRead(MakeView(2, "bad"))->drift.has_value());
  const FrameRecordPtr record = GiveAndRead(MakeView(3));
  ASSERT_TRUE(record->drift.has_value());
  EXPECT_EQ(record->drift->earlier_sequence, 1);
  EXPECT_NEAR(record->drift->estimate.x_px, 2, 0.1);  // over both frames
}

TEST_F(FollowedFramesTest, AResultThatWasLostIsLeftOut) {
  GiveAndRead(MakeView(1));
  source_.Give(MakeView(2, "unlucky"));
  while (metrics_.results_lost->value() == 0) std::this_thread::yield();
  const FrameRecordPtr record = GiveAndRead(MakeView(3));
  ASSERT_TRUE(record->drift.has_value());
  EXPECT_EQ(record->drift->earlier_sequence, 1);
}

}  // namespace
}  // namespace atomstream
