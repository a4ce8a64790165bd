#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/server/steering/steering_desk_fixture.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(SteeringDeskTest, ASelectionCountsAndIsToldEverywhere) {
  clock_.Advance(absl::Hours(1));
  const auto outcome = Prefer(0.3, CallOf("ana", "ipv4:127.0.0.1:40112"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(outcome->settings.version, 2);
  EXPECT_EQ(outcome->settings.selection, SolutionChoice::ByPreference(0.3));
  EXPECT_EQ(outcome->settings.changed_by, "ana (ipv4:127.0.0.1:40112)");
  EXPECT_EQ(outcome->settings.change_time, clock_.Now());
  EXPECT_EQ(holder_.Get()->choice, SolutionChoice::ByPreference(0.3));
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_THAT(published_[0]->changed_fields, ElementsAre("selection"));
  EXPECT_EQ(published_[0]->text, "selection: knee -> preference 0.3");
  EXPECT_EQ(published_[0]->settings.version, 2);
  EXPECT_THAT(audit_.lines(),
              ElementsAre("ana (ipv4:127.0.0.1:40112)|select|version 2: selection: knee -> "
                          "preference 0.3"));
  EXPECT_EQ(reevaluations_, 1);
  EXPECT_EQ(metrics_.settings_version->value(), 2);
  EXPECT_EQ(desk_->settings().version, 2);
}

TEST_F(SteeringDeskTest, WhoHasAFrameSearchedAgainIsWrittenDown) {
  SteeringCall call = CallOf("", "ipv4:10.0.0.7:40112");
  call.authenticated = "cert:olga";
  desk_->RecordReprocess("frame-7", call);
  desk_->RecordReprocess("", call);
  EXPECT_THAT(audit_.lines(),
              ElementsAre("cert:olga (ipv4:10.0.0.7:40112)|reprocess|frame frame-7",
                          "cert:olga (ipv4:10.0.0.7:40112)|reprocess|the newest frame"));
  EXPECT_EQ(desk_->settings().version, 1) << "changes no settings";
}

TEST_F(SteeringDeskTest, ASelectionKeepsTheDetectorAndTheSearch) {
  const SettingsPtr before = holder_.Get();
  ASSERT_TRUE(Prefer(0.3).ok());
  EXPECT_EQ(holder_.Get()->log_star, before->log_star);
  EXPECT_TRUE(SameSearch(*before, *holder_.Get()));
}

TEST_F(SteeringDeskTest, SubscribersHearOfAVersionBeforeItCounts) {
  int64_t version_when_told = 0;
  desk_ = std::make_unique<SteeringDesk>(SteeringDeskDependencies{
      .settings = &holder_,
      .make_log_star = FakeFactory(),
      .front_of = {},
      .audit = &audit_,
      .metrics = &metrics_,
      .clock = &clock_,
      .publish = [&](const SettingsChangePtr&) { version_when_told = holder_.Get()->version(); },
      .reevaluate = [&] { EXPECT_EQ(holder_.Get()->version(), 2); }});
  ASSERT_TRUE(Prefer(0.3).ok());
  EXPECT_EQ(version_when_told, 1);
}

TEST_F(SteeringDeskTest, AValueOutOfRangeIsRefusedWhole) {
  const auto outcome = Prefer(1.5);
  EXPECT_TRUE(absl::IsInvalidArgument(outcome.status()));
  EXPECT_THAT(std::string(outcome.status().message()), StartsWith("selection.preference = 1.5: "));
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, AnIndexIsMeantForOneFrontAndSharesTheWayOfOthers) {
  const ResultPosition position = StoreFront(5);
  const auto outcome =
      desk_->Select({.selection = SolutionChoice::AtIndex(1), .position = position}, {});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const SettingsPtr now = holder_.Get();
  EXPECT_EQ(now->record.selection, SolutionChoice::AtIndex(1));
  EXPECT_EQ(now->ChoiceFor(MakeFakeFront(5)), SolutionChoice::AtIndex(1));
  // A quarter of the way from least QC.
  EXPECT_EQ(now->ChoiceFor(MakeFakeFront(9)), SolutionChoice::ByPreference(0.75));
  EXPECT_THAT(published_.at(0)->text, HasSubstr("index 1 of the 5 in result 1"));
}

TEST_F(SteeringDeskTest, AnIndexIsAlwaysAChange) {
  const ResultPosition first = StoreFront(5);
  const ResultPosition second = StoreFront(3);
  ASSERT_TRUE(desk_->Select({SolutionChoice::AtIndex(1), first}, {}).ok());
  const auto outcome = desk_->Select({SolutionChoice::AtIndex(1), second}, {});
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(holder_.Get()->ChoiceFor(MakeFakeFront(3)), SolutionChoice::AtIndex(1));
}

TEST_F(SteeringDeskTest, AnIndexThatTheFrontDoesNotHaveIsOutOfRange) {
  const ResultPosition position = StoreFront(5);
  const auto outcome = desk_->Select({SolutionChoice::AtIndex(5), position}, {});
  EXPECT_TRUE(absl::IsOutOfRange(outcome.status()));
  EXPECT_THAT(std::string(outcome.status().message()), StartsWith("selection.index = 5: "));
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, AnIndexNeedsAResultThatIsKept) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      desk_->Select({SolutionChoice::AtIndex(0), std::nullopt}, {}).status()));
  EXPECT_TRUE(absl::IsNotFound(
      desk_->Select({SolutionChoice::AtIndex(0), ResultPosition{"epoch", 7}}, {}).status()));
  FrameRecord unet;
  unet.frame_id = "f";
  unet.detector.result.emplace<UnetResult>();
  const ResultPosition position = store_.Append(std::move(unet))->record->position;
  EXPECT_TRUE(
      absl::IsInvalidArgument(desk_->Select({SolutionChoice::AtIndex(0), position}, {}).status()));
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, ARequestThatChangesNothingIsToldNobody) {
  const auto selected = desk_->Select({}, {});  // the knee, as it is
  ASSERT_TRUE(selected.ok());
  EXPECT_FALSE(selected->changed);
  const auto updated = SetMaterial("auto");
  ASSERT_TRUE(updated.ok());
  EXPECT_FALSE(updated->changed);
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, SettingsMakeANewDetectorAndANewSearch) {
  std::vector<LogStarOptions> made;
  Make([&made](const LogStarOptions& options) -> absl::StatusOr<std::unique_ptr<LogStar>> {
    made.push_back(options);
    return std::make_unique<FakeLogStar>();
  });
  const SettingsPtr before = holder_.Get();
  const auto outcome = SetMaterial("graphene");
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const SettingsPtr now = holder_.Get();
  EXPECT_EQ(now->record.log_star.material, "graphene");
  EXPECT_NE(now->log_star, before->log_star);
  EXPECT_FALSE(SameSearch(*before, *now));
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].time_budget, absl::InfiniteDuration());
  EXPECT_EQ(made[1].time_budget, kQuickBudget);
  EXPECT_THAT(published_.at(0)->changed_fields, ElementsAre("log_star.material"));
  EXPECT_THAT(audit_.lines(),
              ElementsAre(HasSubstr("|update|version 2: log_star.material: auto -> graphene")));
}

TEST_F(SteeringDeskTest, TheWindowModeNeedsNoNewSearch) {
  const SettingsPtr before = holder_.Get();
  SettingsRequest request;
  request.log_star.window_mode = WindowMode::kMap;
  request.fields = {"window_mode"};
  ASSERT_TRUE(desk_->Update(request, {}).ok());
  EXPECT_TRUE(SameSearch(*before, *holder_.Get()));
  EXPECT_EQ(reevaluations_, 1);
}

TEST_F(SteeringDeskTest, OneBadFieldRefusesAll) {
  SettingsRequest request;
  request.log_star.material = "graphene";
  request.log_star.max_evaluations = 0;
  request.fields = {"material", "max_evaluations"};
  const auto outcome = desk_->Update(request, {});
  EXPECT_TRUE(absl::IsInvalidArgument(outcome.status()));
  EXPECT_THAT(std::string(outcome.status().message()),
              StartsWith("log_star.max_evaluations = 0: "));
  EXPECT_EQ(desk_->settings().log_star.material, "auto");
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, ADetectorThatCannotBeMadeRefusesAll) {
  Make([](const LogStarOptions&) -> absl::StatusOr<std::unique_ptr<LogStar>> {
    return absl::InvalidArgumentError("optimizer = none: not built");
  });
  EXPECT_TRUE(absl::IsInvalidArgument(SetMaterial("graphene").status()));
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, OnlyCheckingChangesNothing) {
  const auto outcome = SetMaterial("graphene", /*validate_only=*/true);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->settings.log_star.material, "graphene");
  EXPECT_FALSE(outcome->changed);
  EXPECT_TRUE(absl::IsNotFound(SetMaterial("unobtainium", /*validate_only=*/true).status()));
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, WhoHasSeenAnOlderVersionIsRefused) {
  ASSERT_TRUE(Prefer(0.3, CallOf("ana", "here", 1)).ok());
  const auto late = Prefer(0.8, CallOf("ben", "there", 1));
  EXPECT_TRUE(absl::IsAborted(late.status()));
  EXPECT_THAT(std::string(late.status().message()),
              testing::AllOf(StartsWith("expected_version = 1: "), HasSubstr("version 2"),
                             HasSubstr("ana (here)")));
  EXPECT_EQ(desk_->settings().selection, SolutionChoice::ByPreference(0.3));
  EXPECT_TRUE(absl::IsInvalidArgument(Prefer(0.8, CallOf("", "", -1)).status()));
}

TEST_F(SteeringDeskTest, ANameMayHaveSixtyFourCharactersWhateverTheirBytes) {
  std::string name;
  for (int i = 0; i < 64; ++i) name += "ü";
  EXPECT_TRUE(Prefer(0.1, CallOf(name)).ok());
  const auto refused = Prefer(0.2, CallOf(name + "x"));
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()), StartsWith("requested_by: has 65 "));
}

TEST_F(SteeringDeskTest, ANameThatWouldWriteLinesOfItsOwnIsRefused) {
  for (const char* name : {"ana\nversion 9", "\x1b[2J"}) {
    const auto refused = Prefer(0.1, CallOf(name));
    EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
    EXPECT_EQ(refused.status().message(), "requested_by: has a control character");
  }
}

TEST_F(SteeringDeskTest, TheNewestChangesAreKeptOldestFirst) {
  for (int i = 1; i <= SteeringDesk::kKeptChanges + 5; ++i) {
    ASSERT_TRUE(Prefer(static_cast<double>(i) / 2000).ok());
  }
  const auto all = desk_->Changes(1'000'000);
  ASSERT_EQ(all->size(), static_cast<size_t>(SteeringDesk::kKeptChanges));
  EXPECT_EQ(all->front()->settings.version, 7);
  EXPECT_EQ(all->back()->settings.version, SteeringDesk::kKeptChanges + 6);
  EXPECT_EQ(desk_->Changes(0)->size(), 50u);
  EXPECT_EQ(desk_->Changes(2)->front()->settings.version, SteeringDesk::kKeptChanges + 5);
  EXPECT_TRUE(absl::IsInvalidArgument(desk_->Changes(-1).status()));
}

TEST_F(SteeringDeskTest, OfManyWhoExpectTheSameVersionOneSucceeds) {
  constexpr int kOperators = 8;
  constexpr int kRounds = 50;
  std::atomic<int> made = 0, refused = 0;
  std::vector<std::thread> operators;
  for (int t = 0; t < kOperators; ++t) {
    operators.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        const SteeringCall call =
            CallOf(absl::StrCat("operator ", t), "test", desk_->settings().version);
        const auto outcome = Prefer((t * kRounds + round + 1) / 1000.0, call);
        if (outcome.ok()) {
          EXPECT_EQ(outcome->settings.version, call.expected_version + 1);
          ++made;
        } else {
          EXPECT_TRUE(absl::IsAborted(outcome.status())) << outcome.status();
          ++refused;
        }
      }
    });
  }
  for (std::thread& thread : operators) thread.join();
  EXPECT_EQ(made + refused, kOperators * kRounds);
  EXPECT_EQ(desk_->settings().version, made + 1);
  ASSERT_EQ(published_.size(), static_cast<size_t>(made));
  for (int i = 0; i < made; ++i) EXPECT_EQ(published_[i]->settings.version, i + 2);
  EXPECT_EQ(audit_.lines().size(), static_cast<size_t>(made));
}

}  // namespace
}  // namespace atomstream
