// The pipeline under a SteeringDesk: what a change does to the newest live frame, to frames on
// their way, and to what subscribers get.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/gate.h"
#include "tests/server/steering/steered_pipeline_fixture.h"

namespace atomstream {
namespace {

TEST_F(SteeredPipelineTest, ASelectionDecidesTheNewestFrameAnew) {
  StartSteered();
  const FrameRecordPtr first = GiveAndRead(7);
  EXPECT_EQ(first->cause, ResultCause::kFrame);
  EXPECT_EQ(first->settings_version, 1);
  EXPECT_EQ(first->supersedes_sequence, 0);
  EXPECT_EQ(ChosenOf(*first), 0);
  Prefer(0);  // least ER: the last one
  const FrameRecordPtr anew = reader_->NextResult();
  EXPECT_EQ(anew->frame_id, "frame-7");
  EXPECT_EQ(anew->frame_number, 7);
  EXPECT_EQ(anew->position.sequence, 2);
  EXPECT_EQ(anew->cause, ResultCause::kSelection);
  EXPECT_EQ(anew->supersedes_sequence, 1);
  EXPECT_EQ(anew->settings_version, 2);
  EXPECT_EQ(anew->origin, FrameOrigin::kSource);
  EXPECT_EQ(ChosenOf(*anew), kFrontSize - 1);
  ASSERT_EQ(anew->summary.size(), 1u);
  EXPECT_EQ(anew->summary[0].sequence, 2);
  EXPECT_EQ(anew->summary[0].state, DetectorState::kDone);
  const auto kept = store_.GetNewestOf("frame-7");
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front()->position.sequence, 2);
  Prefer(1);
  const FrameRecordPtr again = reader_->NextResult();
  EXPECT_EQ(again->supersedes_sequence, 2);
  EXPECT_EQ(ChosenOf(*again), 0);
}

TEST_F(SteeredPipelineTest, AWedgedLiveFrameStallsThePipelineHoweverOftenAnotherIsDecidedAnew) {
  Gate wedge;
  StartSteered([&](const Frame& frame, const DetectRequest& request) {
    if (frame.metadata().number == 2) wedge.Pass();
    return FindFront(kFrontSize)(frame, request);
  });
  GiveAndRead(1);
  source_.Give(MakeFrame(2));
  wedge.WaitForArrivals(1);
  const absl::Time wedged = steady_clock_.Now();
  for (int i = 0; i < 10; ++i) {
    Prefer(i % 2);
    EXPECT_EQ(reader_->NextResult()->frame_number, 1);
    const absl::Duration since = steady_clock_.Now() - wedged;
    EXPECT_GE(pipeline_->progress()->Stalled(), since) << i;
  }
  wedge.Open();
  EXPECT_EQ(reader_->NextResult()->frame_number, 2);
}

TEST_F(SteeredPipelineTest, HistoryHoldsNoAnalysisAndNoWarmStart) {
  StartSteered([](const Frame& frame, const DetectRequest& request) {
    auto result = FindFront(kFrontSize)(frame, request);
    result->next_warm_start = std::make_shared<WarmStart>();
    return result;
  });
  GiveAndRead(1);
  Prefer(0);
  reader_->NextResult();
  const FrameRecords records = store_.records();
  ASSERT_EQ(records.size(), 2u);
  for (const FrameRecordPtr& record : records) {
    const auto& result = std::get<LogStarResult>(record->detector.result);
    EXPECT_EQ(result.analysis, nullptr);
    EXPECT_EQ(result.next_warm_start, nullptr);
  }
}

TEST_F(SteeredPipelineTest, SubscribersHearOfTheChangeBeforeItsFirstResult) {
  StartSteered();
  GiveAndRead(1);
  Prefer(0);
  SettingsChangePtr change;
  FrameRecordPtr anew;
  while (anew == nullptr) {
    const HubEvent event = *reader_->Next();
    if (const auto* told = std::get_if<SettingsChangePtr>(&event)) change = *told;
    if (const auto* result = std::get_if<StoredResultPtr>(&event)) {
      anew = store_.RecordOf(**result);
    }
  }
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->settings.version, anew->settings_version);
}

TEST_F(SteeredPipelineTest, TheCountsOfFramesStayAsTheyAre) {
  StartSteered();
  GiveAndRead(1);
  Prefer(0);
  reader_->NextResult();
  EXPECT_EQ(metrics_.frames_processed->value(), 1);
  EXPECT_EQ(metrics_.reevaluations_done->value(), 1);
  EXPECT_EQ(metrics_.reevaluation_seconds->count(), 1u);
  pipeline_->Shutdown(absl::InfiniteFuture());
  CheckBooks();
}

TEST_F(SteeredPipelineTest, FramesDroppedAreToldOnce) {
  Gate gate;
  std::atomic<bool> hold = true;
  StartSteered(
      [&](const Frame& frame, const DetectRequest& request) {
        if (hold && frame.metadata().number == 1) gate.Pass();
        return FindFront(kFrontSize)(frame, request);
      },
      {.frames_in_flight = 1});
  source_.Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  for (int number = 2; number <= 4; ++number) source_.Give(MakeFrame(number));
  source_.WaitUntilAsked();
  hold = false;
  gate.Open();
  EXPECT_EQ(reader_->NextResult()->frame_number, 1);
  EXPECT_EQ(reader_->NextResult()->frames_dropped_before, 2);
  Prefer(0);
  EXPECT_EQ(reader_->NextResult()->frames_dropped_before, 0);
}

TEST_F(SteeredPipelineTest, TheTimesOfAResultThatIsMadeAnewBeginWithTheRequest) {
  StartSteered();
  GiveAndRead(1);
  Prefer(0);
  std::vector<std::string> stages;
  const FrameRecordPtr anew = reader_->NextResult();
  for (const StageTime& timing : anew->timings) {
    stages.push_back(timing.stage);
    EXPECT_GE(timing.duration, absl::ZeroDuration());
  }
  EXPECT_THAT(stages, testing::ElementsAre("queue", "process", "order", "total"));
}

TEST_F(SteeredPipelineTest, AnIndexIsTakenOnItsFrontAndSharesTheWayOfLaterOnes) {
  std::atomic<int> size = kFrontSize;
  StartSteered([&size](const Frame& frame, const DetectRequest& request) {
    return FindFront(size)(frame, request);
  });
  const FrameRecordPtr first = GiveAndRead(1);
  ASSERT_TRUE(desk_->Select({SolutionChoice::AtIndex(3), first->position}, {}).ok());
  const FrameRecordPtr anew = reader_->NextResult();
  EXPECT_EQ(ChosenOf(*anew), 3);
  EXPECT_EQ(std::get<LogStarResult>(anew->detector.result).chosen_by, "index");
  size = 9;
  const FrameRecordPtr later = GiveAndRead(2);
  EXPECT_EQ(ChosenOf(*later), 6);  // three quarters of the way
  EXPECT_EQ(std::get<LogStarResult>(later->detector.result).chosen_by, "preference");
}

TEST_F(SteeredPipelineTest, TheWindowModeIsDecidedFromTheSameFront) {
  std::atomic<int> searches = 0;
  StartSteered([&searches](const Frame& frame, const DetectRequest& request) {
    ++searches;
    return FindFront(kFrontSize)(frame, request);
  });
  GiveAndRead(1);
  SettingsRequest request;
  request.log_star.window_mode = WindowMode::kMap;
  request.fields = {"window_mode"};
  ASSERT_TRUE(desk_->Update(request, {}).ok());
  const FrameRecordPtr anew = reader_->NextResult();
  EXPECT_EQ(anew->cause, ResultCause::kSettings);
  EXPECT_EQ(std::get<LogStarResult>(anew->detector.result).window_mode, WindowMode::kMap);
  EXPECT_EQ(searches, 1);
}

TEST_F(SteeredPipelineTest, OtherSettingsSearchAgainFromWhatWasLearned) {
  std::vector<const WarmStart*> given;
  const auto learned = std::make_shared<WarmStart>();
  StartSteered([&](const Frame& frame, const DetectRequest& request) {
    given.push_back(request.warm_start);
    auto result = FindFront(kFrontSize)(frame, request);
    result->next_warm_start = learned;
    return result;
  });
  GiveAndRead(1);
  SetMaterial("graphene");
  const FrameRecordPtr anew = reader_->NextResult();
  EXPECT_EQ(anew->cause, ResultCause::kSettings);
  EXPECT_EQ(anew->supersedes_sequence, 1);
  EXPECT_EQ(anew->settings_version, 2);
  EXPECT_THAT(given, testing::ElementsAre(nullptr, learned.get()));
  // A selection after that is decided from the new front.
  Prefer(0);
  const FrameRecordPtr selected = reader_->NextResult();
  EXPECT_EQ(selected->cause, ResultCause::kSelection);
  EXPECT_EQ(selected->supersedes_sequence, 2);
  EXPECT_EQ(given.size(), 2u);
}

TEST_F(SteeredPipelineTest, AFrameOnItsWayIsDecidedByTheNewSelection) {
  Gate gate;
  StartSteered([&gate](const Frame& frame, const DetectRequest& request) {
    gate.Pass();
    return FindFront(kFrontSize)(frame, request);
  });
  source_.Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  Prefer(0);
  gate.Open();
  const FrameRecordPtr only = reader_->NextResult();
  EXPECT_EQ(only->cause, ResultCause::kFrame);
  EXPECT_EQ(only->settings_version, 2);
  EXPECT_EQ(ChosenOf(*only), kFrontSize - 1);
  EXPECT_EQ(GiveAndRead(2)->position.sequence, 2);  // nothing came between
}

TEST_F(SteeredPipelineTest, AFrameOnItsWayUnderOtherSearchSettingsIsFollowedByTheNewOnes) {
  Gate gate;
  StartSteered([&gate](const Frame& frame, const DetectRequest& request) {
    gate.Pass();
    return FindFront(kFrontSize)(frame, request);
  });
  source_.Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  SetMaterial("graphene");
  gate.Open();
  EXPECT_EQ(reader_->NextResult()->settings_version, 1);
  const FrameRecordPtr anew = reader_->NextResult();
  EXPECT_EQ(anew->settings_version, 2);
  EXPECT_EQ(anew->cause, ResultCause::kSettings);
}

TEST_F(SteeredPipelineTest, AResultThatANewerFrameOvertookIsLeftOut) {
  Gate gate;
  StartSteered([&gate](const Frame& frame, const DetectRequest& request) {
    if (frame.metadata().number == 1 && request.warm_start != nullptr) gate.Pass();
    auto result = FindFront(kFrontSize)(frame, request);
    result->next_warm_start = std::make_shared<WarmStart>();
    return result;
  });
  GiveAndRead(1);
  SetMaterial("graphene");
  gate.WaitForArrivals(1);
  EXPECT_EQ(GiveAndRead(2)->settings_version, 2);
  gate.Open();
  const FrameRecordPtr third = GiveAndRead(3);
  EXPECT_EQ(third->frame_number, 3);
  EXPECT_EQ(third->position.sequence, 3);
  while (metrics_.reevaluations_overtaken->value() == 0) std::this_thread::yield();
  EXPECT_EQ(metrics_.reevaluations_done->value(), 0);
}

TEST_F(SteeredPipelineTest, OfManyChangesInARowTheNewestIsWorkedOn) {
  Gate gate;
  StartSteered([&gate](const Frame& frame, const DetectRequest& request) {
    if (request.warm_start != nullptr) gate.Pass();
    auto result = FindFront(kFrontSize)(frame, request);
    result->next_warm_start = std::make_shared<WarmStart>();
    return result;
  });
  GiveAndRead(1);
  SetMaterial("graphene");
  gate.WaitForArrivals(1);
  for (const double preference : {0.1, 0.2, 0.3, 0.0}) Prefer(preference);
  gate.Open();
  EXPECT_EQ(reader_->NextResult()->settings_version, 2);
  const FrameRecordPtr last = reader_->NextResult();
  EXPECT_EQ(last->settings_version, 6);
  EXPECT_EQ(ChosenOf(*last), kFrontSize - 1);
}

TEST_F(SteeredPipelineTest, AReaderOfTheLatestEndsWithTheNewestChoice) {
  StartSteered();
  const auto latest = MakeReader(DeliveryPolicy::kLatest);
  GiveAndRead(1);
  for (const double preference : {0.9, 0.4, 0.0}) {
    Prefer(preference);
    reader_->NextResult();
  }
  const FrameRecordPtr seen = latest->NextResult();
  EXPECT_EQ(seen->settings_version, 4);
  EXPECT_EQ(ChosenOf(*seen), kFrontSize - 1);
}

TEST_F(SteeredPipelineTest, AFrameWithNothingToChooseFromIsLeftAlone) {
  StartSteered(
      [](const Frame& frame, const DetectRequest& request) -> absl::StatusOr<LogStarResult> {
        if (frame.metadata().number > 1) return FindFront(kFrontSize)(frame, request);
        LogStarResult result;
        result.flags = {"constant_frame"};
        result.analysis = std::make_shared<FakeAnalysis>(std::vector<FrontPoint>());
        return result;
      });
  GiveAndRead(1);
  Prefer(0);
  EXPECT_EQ(GiveAndRead(2)->position.sequence, 2);
  EXPECT_EQ(metrics_.reevaluations_failed->value(), 0);
}

TEST_F(SteeredPipelineTest, AFrameWithoutAnAnalysisIsSearchedAgain) {
  StartSteered([](const Frame& frame, const DetectRequest& request) {
    auto result = FindFront(kFrontSize)(frame, request);
    result->analysis = nullptr;
    return result;
  });
  GiveAndRead(1);
  Prefer(0);
  EXPECT_EQ(ChosenOf(*reader_->NextResult()), kFrontSize - 1);
}

TEST_F(SteeredPipelineTest, AFailureIsCountedAndNotTriedAgain) {
  std::atomic<int> searches = 0;
  StartSteered([&searches](const Frame& frame,
                           const DetectRequest& request) -> absl::StatusOr<LogStarResult> {
    if (++searches == 2) return absl::InternalError("no memory");
    return FindFront(kFrontSize)(frame, request);
  });
  GiveAndRead(1);
  SetMaterial("graphene");
  while (metrics_.reevaluations_failed->value() == 0) std::this_thread::yield();
  pipeline_->Reevaluate();
  const FrameRecordPtr next = GiveAndRead(2);
  EXPECT_EQ(next->frame_number, 2);
  EXPECT_EQ(next->settings_version, 2);
  EXPECT_EQ(searches, 3);
}

}  // namespace
}  // namespace atomstream
