// The pipeline under a SteeringDesk: frames that are submitted or searched again, the end, and many
// operators at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "tests/fakes/gate.h"
#include "tests/server/steering/steered_pipeline_fixture.h"

namespace atomstream {
namespace {

TEST_F(SteeredPipelineTest, ASubmissionRunsUnderThePresentSettingsAndIsNotDecidedAnew) {
  StartSteered();
  Prefer(0);
  const Result result = Submit(MakeNamedFrame("mine")).get();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)[0]->settings_version, 2);
  EXPECT_EQ(ChosenOf(*(*result)[0]), kFrontSize - 1);
  EXPECT_EQ(reader_->NextResult()->position.sequence, 1);
  EXPECT_FALSE(pipeline_->newest_frame().has_value());
  Prefer(1);
  EXPECT_EQ(GiveAndRead(1)->position.sequence, 2);
}

TEST_F(SteeredPipelineTest, ReprocessingSearchesTheNewestFrameFromTheBeginning) {
  std::vector<const WarmStart*> given;
  StartSteered([&given](const Frame& frame, const DetectRequest& request) {
    given.push_back(request.warm_start);
    auto result = FindFront(given.size() == 1 ? kFrontSize : 3)(frame, request);
    result->next_warm_start = std::make_shared<WarmStart>();
    return result;
  });
  GiveAndRead(4);
  const Result result = Reprocess("").get();
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->size(), 1u);
  const FrameRecord& record = *(*result)[0];
  EXPECT_EQ(record.frame_id, "frame-4");
  EXPECT_EQ(record.cause, ResultCause::kReprocess);
  EXPECT_EQ(record.supersedes_sequence, 1);
  EXPECT_EQ(record.origin, FrameOrigin::kSource);
  EXPECT_THAT(given, testing::ElementsAre(nullptr, nullptr));
  EXPECT_EQ(reader_->NextResult()->position.sequence, 2);
  // What is selected next is selected from the new front.
  Prefer(0);
  const FrameRecordPtr selected = reader_->NextResult();
  EXPECT_EQ(ChosenOf(*selected), 2);
  EXPECT_EQ(selected->supersedes_sequence, 2);
}

TEST_F(SteeredPipelineTest, ReprocessingTakesOtherFramesFromThoseThatAreKept) {
  FrameCache frames(1 << 20);
  StartSteered(FindFront(kFrontSize), {}, &frames);
  GiveAndRead(1);
  GiveAndRead(2);
  const Result result = Reprocess("frame-1").get();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0]->supersedes_sequence, 1);
  EXPECT_EQ((*result)[0]->cause, ResultCause::kReprocess);
  EXPECT_EQ(pipeline_->newest_frame()->frame().metadata().id, "frame-2");
  EXPECT_TRUE(absl::IsNotFound(Reprocess("frame-3").get().status()));
}

TEST_F(SteeredPipelineTest, ReprocessingNeedsAFrame) {
  StartSteered();
  EXPECT_TRUE(absl::IsNotFound(Reprocess("").get().status()));
  GiveAndRead(1);
  EXPECT_TRUE(absl::IsNotFound(Reprocess("frame-9").get().status()));
}

TEST_F(SteeredPipelineTest, ShutsDownWhileAFrameIsDecidedAnew) {
  Gate gate;
  std::atomic<int> searches = 0;
  StartSteered([&](const Frame& frame, const DetectRequest& request) {
    if (++searches > 1) gate.Pass();
    return FindFront(kFrontSize)(frame, request);
  });
  GiveAndRead(1);
  SetMaterial("graphene");
  gate.WaitForArrivals(1);
  EXPECT_FALSE(pipeline_->Shutdown(absl::InfinitePast()));
  gate.Open();
  pipeline_.reset();
}

TEST_F(SteeredPipelineTest, OperatorsAndFramesRaceAndTheNewestChoiceIsSeenLast) {
  StartSteered();
  std::atomic<bool> stop = false;
  std::vector<std::thread> operators;
  for (int t = 0; t < 2; ++t) {
    operators.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) Prefer(((t * 100 + i) % 101) / 100.0);
    });
  }
  std::thread microscope([&] {
    for (int number = 1; number <= 100; ++number) {
      source_.Give(MakeFrame(number));
      source_.WaitUntilAsked();
    }
  });
  std::thread pages([&] {
    while (!stop) {
      const std::optional<KeptFrame> newest = pipeline_->newest_frame();
      if (!newest) continue;
      EXPECT_EQ(newest->result().front.size(), static_cast<size_t>(kFrontSize));
    }
  });
  for (std::thread& thread : operators) thread.join();
  microscope.join();
  stop = true;
  pages.join();
  const int64_t version = desk_->settings().version;
  FrameRecordPtr last;
  do {
    last = reader_->NextResult();
  } while (last->settings_version < version || last->frame_number < 100);
  const auto newest = pipeline_->newest_frame();
  EXPECT_EQ(newest->frame().metadata().number, 100);
  EXPECT_TRUE(pipeline_->Shutdown(absl::InfiniteFuture()));
  CheckBooks();
}

}  // namespace
}  // namespace atomstream
