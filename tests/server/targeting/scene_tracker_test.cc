#include "server/targeting/scene_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/targeting/scene_script.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

class SceneTrackerTest : public testing::Test {
 protected:
  void Make(TargetingOptions options = {}) {
    scene_ = std::make_unique<SceneTracker>(options, &steady_, &metrics_);
  }
  void SetUp() override { Make(); }

  void Show(int frames = 1) {
    for (int i = 0; i < frames; ++i) script_.Show(*scene_);
  }
  std::unique_ptr<SceneWatch> Watch(const Criteria& criteria = Dopants()) {
    auto watch = scene_->Watch(criteria, std::nullopt, [this] { ++wakes_; });
    EXPECT_TRUE(watch.ok()) << watch.refusal.message;
    return std::move(*watch.value);
  }

  FakeClock clock_, steady_;
  MetricRegistry registry_;
  TargetingMetrics metrics_{registry_};
  SceneScript script_{&clock_, &steady_};
  std::unique_ptr<SceneTracker> scene_;
  int wakes_ = 0;
};

TEST_F(SceneTrackerTest, SelectsTargetsOfTheNewestFrame) {
  Show(2);
  const auto selected = scene_->Select(Dopants(), std::nullopt);
  ASSERT_TRUE(selected.ok()) << selected.refusal.message;
  const SelectionUpdate& update = **selected.value;
  EXPECT_EQ(update.update.targets.size(), script_.dopants.size());
  EXPECT_EQ(update.scene.frame.frame_id, "frame-2");
  EXPECT_EQ(update.scene.period, SceneScript::kPeriod);
  EXPECT_EQ(update.sites, SceneScript::kSide * SceneScript::kSide);
  EXPECT_EQ(update.empty_reason, "");
  EXPECT_EQ(metrics_.targets->value(), 6);
}

TEST_F(SceneTrackerTest, RefusesToSelectBeforeTheFirstFrame) {
  const auto selected = scene_->Select(Dopants(), std::nullopt);
  EXPECT_EQ(selected.refusal.reason, kNoLiveFrame);
  EXPECT_EQ(selected.refusal.code, absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(scene_->selections(), 0);
}

TEST_F(SceneTrackerTest, RefusesCriteriaThatAreWrong) {
  Show();
  Criteria criteria = Dopants();
  criteria.where = {KindIn{{"unobtainium"}}};
  const auto unknown = scene_->Select(criteria, std::nullopt);
  EXPECT_EQ(unknown.refusal.reason, kCriteriaInvalid);
  EXPECT_THAT(unknown.refusal.message, HasSubstr("criteria.where.kind = unobtainium"));
  criteria.where = {AllOf{{{ClusterIn{{0}}}, {Not{{{ClusterIn{{0}}}}}}}}};
  EXPECT_EQ(scene_->Select(criteria, std::nullopt).refusal.reason, kCriteriaInvalid);
  EXPECT_EQ(scene_->Watch(criteria, std::nullopt, {}).refusal.reason, kCriteriaInvalid);
  EXPECT_EQ(scene_->selections(), 0);
}

TEST_F(SceneTrackerTest, RefusesNanometresWithoutAPixelSize) {
  SceneScript::Frame frame = script_.Next();
  frame.input.pixel_size_nm = 0;
  scene_->Observe(frame.record, frame.input, steady_.Now());
  Criteria criteria = Dopants();
  criteria.min_spacing = 1;
  criteria.min_spacing_unit = LengthUnit::kNanometres;
  const auto selected = scene_->Select(criteria, std::nullopt);
  EXPECT_EQ(selected.refusal.reason, kPixelSizeUnknown);
  EXPECT_EQ(selected.refusal.code, absl::StatusCode::kFailedPrecondition);
}

TEST_F(SceneTrackerTest, SaysWhyThereAreNoTargets) {
  script_.dopants.clear();
  Show();
  const auto selected = scene_->Select(Dopants(), std::nullopt);
  ASSERT_TRUE(selected.ok());
  EXPECT_EQ((*selected.value)->empty_reason, "none of 144 sites meets the conditions");
}

TEST_F(SceneTrackerTest, KeepsIdsWhileTheSpecimenDrifts) {
  script_.drift = {1.5, -0.5};
  Show();
  const auto first = scene_->Select(Dopants(), std::nullopt);
  std::set<int64_t> ids;
  for (const Target& target : (*first.value)->update.targets) ids.insert(target.where.id);
  Show(4);
  const auto second = scene_->Select(Dopants(), std::nullopt);
  ASSERT_EQ((*second.value)->update.targets.size(), ids.size());
  for (const Target& target : (*second.value)->update.targets) {
    EXPECT_TRUE(ids.contains(target.where.id));
    EXPECT_NEAR(target.drift_x_px, 1.5, 0.1);
  }
}

TEST_F(SceneTrackerTest, GoesByArrivalsWhereTheSourceHasNoClock) {
  script_.has_clock = false;
  Show(2);
  const auto selected = scene_->Select(Dopants(), std::nullopt);
  const SceneFrame& scene = (*selected.value)->scene;
  EXPECT_EQ(scene.period, SceneScript::kPeriod);
  steady_.Advance(absl::Seconds(3));
  EXPECT_EQ(AgeOf(scene, clock_.Now(), steady_.Now()), absl::Seconds(3));
}

TEST_F(SceneTrackerTest, TellsAWatchFrameByFrame) {
  auto watch = Watch();
  EXPECT_FALSE(watch->Take().has_value());  // it waits for the first frame
  Show();
  EXPECT_EQ(wakes_, 1);
  auto update = watch->Take();
  ASSERT_TRUE(update.has_value());
  EXPECT_EQ(update->selection_id, watch->selection_id());
  EXPECT_EQ(update->update.added.size(), 6u);
  EXPECT_FALSE(watch->Take().has_value());
  script_.dopants.erase(40);
  Show(4);  // one more than its patience: withdrawn in the fourth
  EXPECT_EQ(wakes_, 2);
  update = watch->Take();
  ASSERT_TRUE(update.has_value());
  EXPECT_EQ(update->frames_skipped, 3);
  ASSERT_EQ(update->update.withdrawn.size(), 1u);
  EXPECT_EQ(update->update.withdrawn[0].reason, WithdrawalReason::kNoLongerMeets);
  EXPECT_EQ(metrics_.targets_withdrawn[2]->value(), 1);
  EXPECT_EQ(metrics_.watch_frames_skipped->value(), 3);
}

TEST_F(SceneTrackerTest, GivesANewWatchTheNewestFrameAtOnce) {
  Show();
  auto watch = Watch();
  const auto update = watch->Take();
  ASSERT_TRUE(update.has_value());
  EXPECT_EQ(update->update.targets.size(), 6u);
}

TEST_F(SceneTrackerTest, TellsAWatchThatItsCriteriaDoNotFitAFrame) {
  Show();
  Criteria criteria = Dopants();
  criteria.where = {ClusterIn{{1}}};
  auto watch = Watch(criteria);
  watch->Take();
  SceneScript::Frame frame = script_.Next();
  frame.input.clusters = {0};  // the frame's model knows no cluster 1
  scene_->Observe(frame.record, frame.input, steady_.Now());
  const auto update = watch->Take();
  ASSERT_TRUE(update.has_value());
  EXPECT_THAT(update->error, HasSubstr("criteria.where.cluster = 1"));
  EXPECT_EQ(update->update.targets.size(), 6u);  // the last ones
  const auto found =
      scene_->Find(watch->selection_id(), "epoch", update->update.targets[0].where.id);
  EXPECT_EQ(found.refusal.reason, kTargetDoubtful);
}

TEST_F(SceneTrackerTest, WithdrawsAllWhenTheDriftIsLost) {
  Show();
  auto watch = Watch();
  const auto before = watch->Take();
  script_.drift_state = DriftState::kLost;
  Show();
  const auto update = watch->Take();
  EXPECT_TRUE(update->update.identities_lost);
  EXPECT_EQ(update->update.withdrawn.size(), 6u);
  EXPECT_EQ(update->update.added.size(), 6u);  // the same sites under new ids
  EXPECT_EQ(metrics_.identities_lost->value(), 1);
  const int64_t old = before->update.targets[0].where.id;
  const auto found = scene_->Find(watch->selection_id(), "epoch", old);
  EXPECT_EQ(found.refusal.reason, kTargetWithdrawn);
  EXPECT_THAT(found.refusal.message, HasSubstr("drift unknown"));
}

TEST_F(SceneTrackerTest, EndsAllWithANewEpoch) {
  Show();
  auto watch = Watch();
  const int64_t old = watch->Take()->update.targets[0].where.id;
  script_.epoch = "another";
  Show();
  EXPECT_EQ(watch->Take()->update.withdrawn[0].reason, WithdrawalReason::kEpochChanged);
  EXPECT_EQ(scene_->Find(watch->selection_id(), "epoch", old).refusal.reason, kEpochChanged);
}

TEST_F(SceneTrackerTest, PassesOverAFrameWithoutALattice) {
  Show();
  auto watch = Watch();
  watch->Take();
  SceneScript::Frame frame = script_.Next();
  frame.input = {};
  scene_->Observe(frame.record, frame.input, steady_.Now());
  EXPECT_FALSE(watch->Take().has_value());
  EXPECT_EQ(metrics_.frames_passed_over->value(), 1);
}

TEST_F(SceneTrackerTest, FindsATargetOfASelection) {
  Show();
  const auto selected = scene_->Select(Dopants(), std::nullopt);
  const std::string id = (*selected.value)->selection_id;
  const int64_t target = (*selected.value)->update.targets[0].where.id;
  const auto found = scene_->Find(id, "epoch", target);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found.value->target.where.id, target);
  EXPECT_EQ(scene_->Find("selection-99", "epoch", target).refusal.reason, kSelectionNotFound);
  EXPECT_EQ(scene_->Find(id, "epoch", 4711).refusal.reason, kTargetNotFound);
  EXPECT_EQ(scene_->Find(id, "old", target).refusal.reason, kEpochChanged);
  // Selections end with their epoch, so theirs is the reason to tell.
  EXPECT_EQ(scene_->Find("selection-99", "old", target).refusal.reason, kEpochChanged);
}

TEST_F(SceneTrackerTest, KeepsIdentitiesWhenARefitNamesTheClustersAnew) {
  Show(2);
  ASSERT_TRUE(scene_->Select(Dopants(), std::nullopt).ok());
  const auto show_swapped = [this](int64_t generation) {
    SceneScript::Frame frame = script_.Next();
    for (Site& site : frame.input.sites) site.cluster = 1 - *site.cluster;
    frame.input.cluster_generation = generation;
    scene_->Observe(frame.record, frame.input, steady_.Now());
  };
  show_swapped(1);
  EXPECT_EQ(metrics_.identities_lost->value(), 0);
  show_swapped(1);
  EXPECT_EQ(metrics_.identities_lost->value(), 0);
  Show();  // of generation 0 again
  EXPECT_EQ(metrics_.identities_lost->value(), 0);
  show_swapped(0);
  EXPECT_EQ(metrics_.identities_lost->value(), 1);
}

TEST_F(SceneTrackerTest, EndsSelectionsThatNobodyUses) {
  TargetingOptions options;
  options.selection_idle = absl::Seconds(10);
  Make(options);
  Show();
  const auto used = scene_->Select(Dopants(), std::nullopt);
  const auto unused = scene_->Select(Dopants(), std::nullopt);
  auto watch = Watch();
  const int64_t target = (*used.value)->update.targets[0].where.id;
  steady_.Advance(absl::Seconds(8));
  EXPECT_TRUE(scene_->Find((*used.value)->selection_id, "epoch", target).ok());
  steady_.Advance(absl::Seconds(8));
  Show();
  EXPECT_EQ(scene_->selections(), 2);  // the used one and the watched one
  EXPECT_EQ(scene_->Find((*unused.value)->selection_id, "epoch", target).refusal.reason,
            kSelectionNotFound);
}

TEST_F(SceneTrackerTest, BoundsTheNumberOfSelections) {
  TargetingOptions options;
  options.max_selections = 2;
  Make(options);
  Show();
  auto watch = Watch();
  const auto looked_at = scene_->Select(Dopants(), std::nullopt);
  const auto second = scene_->Select(Dopants(), std::nullopt);  // takes the place of the first
  ASSERT_TRUE(second.ok());
  const int64_t target = (*second.value)->update.targets[0].where.id;
  EXPECT_EQ(scene_->Find((*looked_at.value)->selection_id, "epoch", target).refusal.reason,
            kSelectionNotFound);
  EXPECT_TRUE(scene_->Find((*second.value)->selection_id, "epoch", target).ok());
  const auto third = scene_->Select(Dopants(), std::nullopt);  // what is visited stays
  EXPECT_EQ(third.refusal.reason, kTooManySelections);
  EXPECT_EQ(third.refusal.code, absl::StatusCode::kResourceExhausted);
  watch.reset();  // its place is free again
  EXPECT_TRUE(scene_->Select(Dopants(), std::nullopt).ok());
}

TEST_F(SceneTrackerTest, OptionsThatChangeCountForWhatComes) {
  TargetingOptions options;
  Show();
  auto first = Watch();
  auto second = Watch();
  options.max_selections = 1;
  scene_->SetOptions(options);
  EXPECT_EQ(scene_->selections(), 2);  // those that are there stay
  first.reset();
  EXPECT_EQ(scene_->Select(Dopants(), std::nullopt).refusal.reason, kTooManySelections);
  options.max_selections = 3;
  options.selection_idle = absl::Seconds(1);
  options.patience_frames = 0;
  scene_->SetOptions(options);
  const auto idle = scene_->Select(Dopants(), std::nullopt);
  ASSERT_TRUE(idle.ok());
  steady_.Advance(absl::Seconds(2));
  auto impatient = Watch();
  EXPECT_EQ(scene_->selections(), 2);  // the watched ones
  impatient->Take();
  script_.dopants.erase(40);
  Show();
  EXPECT_EQ(impatient->Take()->update.withdrawn.size(), 1u);
}

TEST_F(SceneTrackerTest, FewerSelectionsAreReachedByMakingRoomOfAll) {
  TargetingOptions options;
  Show();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(scene_->Select(Dopants(), std::nullopt).ok());
  options.max_selections = 2;
  scene_->SetOptions(options);
  ASSERT_TRUE(scene_->Select(Dopants(), std::nullopt).ok());
  EXPECT_EQ(scene_->selections(), 2);
}

TEST_F(SceneTrackerTest, TakesThePatienceOfTheCall) {
  Show();
  auto watch = scene_->Watch(Dopants(), 0, {});
  (*watch.value)->Take();
  script_.dopants.erase(40);
  Show();
  EXPECT_EQ((*watch.value)->Take()->update.withdrawn.size(), 1u);
}

TEST_F(SceneTrackerTest, EndsWatchesWhenItCloses) {
  Show();
  auto watch = Watch();
  watch->Take();
  EXPECT_FALSE(watch->Take().has_value());
  scene_->Close();
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(watch->closed());
  EXPECT_EQ(scene_->Select(Dopants(), std::nullopt).refusal.reason, kTargetingShutDown);
  Show();  // no effect
  scene_.reset();
  watch.reset();  // may outlive the tracker
}

TEST_F(SceneTrackerTest, HoldsAPixelSizeThatIsMeasuredAnewInEachFrame) {
  Show();
  auto watch = Watch();
  watch->Take();
  SceneScript::Frame frame = script_.Next();
  frame.input.pixel_size_nm *= 1.02;  // more than core takes for the same view
  scene_->Observe(frame.record, frame.input, steady_.Now());
  auto update = watch->Take();
  EXPECT_FALSE(update->update.identities_lost);
  EXPECT_DOUBLE_EQ(update->scene.frame.pixel_size_nm, 0.02);
  frame = script_.Next();
  frame.input.pixel_size_nm *= 1.2;
  scene_->Observe(frame.record, frame.input, steady_.Now());
  EXPECT_TRUE(watch->Take()->update.identities_lost);
}

}  // namespace
}  // namespace atomstream
