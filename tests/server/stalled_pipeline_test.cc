// Whether the pipeline gets on, as health and the watchdog see it.
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>

#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/server/pipeline_fixture.h"

namespace atomstream {
namespace {

class StalledPipelineTest : public PipelineTest {};

TEST_F(StalledPipelineTest, AnIdlePipelineDoesNotStall) {
  Start({});
  EXPECT_EQ(pipeline_->progress()->Stalled(), absl::ZeroDuration());
  EXPECT_EQ(pipeline_->unet_progress(), nullptr);
  source_.Give(MakeFrame(1));
  reader_->NextResult();
  ASSERT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(pipeline_->progress()->Stalled(), absl::ZeroDuration());
}

TEST_F(StalledPipelineTest, AWedgedWorkerStallsItHoweverManyFramesCome) {
  Gate wedge;
  Start({.frames_in_flight = 1}, [&](const Frame&, const WarmStart*) {
    wedge.Pass();
    return absl::StatusOr<LogStarResult>(LogStarResult());
  });
  source_.Give(MakeFrame(1));
  wedge.WaitForArrivals(1);
  absl::Duration stalled = pipeline_->progress()->Stalled();
  for (int i = 2; i < 20; ++i) {
    source_.Give(MakeFrame(i));
    while (metrics_.frames_received_source->value() < i) std::this_thread::yield();
    const absl::Duration longer = pipeline_->progress()->Stalled();
    EXPECT_GT(longer, stalled) << i;
    stalled = longer;
  }
  wedge.Open();
  reader_->NextResult();
  ASSERT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(pipeline_->progress()->Stalled(), absl::ZeroDuration());
  CheckBooks();
}

TEST_F(StalledPipelineTest, AWedgedSubmissionStallsItThoughLiveFramesGoOn) {
  Gate wedge;
  Start({.frames_in_flight = 2}, [&](const Frame& frame, const WarmStart*) {
    if (frame.metadata().number == 1000) wedge.Pass();
    return absl::StatusOr<LogStarResult>(LogStarResult());
  });
  std::future<Result> submitted = Submit(MakeFrame(1000));
  wedge.WaitForArrivals(1);
  const absl::Time wedged = steady_clock_.Now();
  for (int i = 1; i < 20; ++i) {
    source_.Give(MakeFrame(i));
    EXPECT_EQ(reader_->NextResult()->frame_number, i);
    const absl::Duration since = steady_clock_.Now() - wedged;
    EXPECT_GE(pipeline_->progress()->Stalled(), since) << i;
  }
  wedge.Open();
  EXPECT_TRUE(submitted.get().ok());
  ASSERT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(pipeline_->progress()->Stalled(), absl::ZeroDuration());
}

TEST_F(StalledPipelineTest, AWedgedUnetStallsItselfAlone) {
  Gate wedge;
  StartWithUnet({}, [&](const Image& image) {
    wedge.Pass();
    return FakeSegmenter::OneAtom(image);
  });
  FrameMetadata metadata;
  metadata.id = "f";
  source_.Give(MakeTexturedFrame(std::move(metadata)));
  wedge.WaitForArrivals(1);
  reader_->NextResult();  // LoG* has gone on
  EXPECT_GT(pipeline_->unet_progress()->Stalled(), absl::ZeroDuration());
  wedge.Open();
  reader_->NextResult();
  ASSERT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(pipeline_->unet_progress()->Stalled(), absl::ZeroDuration());
}

TEST_F(StalledPipelineTest, ADetectorThatAlwaysFailsIsBroken) {
  Start({}, [](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    return absl::InternalError("no memory");
  });
  for (int i = 0; i < DetectorOutcomes::kBroken; ++i) {
    EXPECT_EQ(pipeline_->outcomes().Broken(), "") << i;
    ASSERT_FALSE(Submit(MakeFrame(i)).get()->front()->detector.status.ok());
  }
  EXPECT_EQ(pipeline_->outcomes().Broken(),
            "log_star failed on its last 10 frames: INTERNAL: no memory");
}

}  // namespace
}  // namespace atomstream
