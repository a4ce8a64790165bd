#include "client/agent/agent_plan.h"

#include <string>

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::Pair;

constexpr double kNeighbourPx = 7.1;  // 0.142 nm at 0.02 nm a pixel

AgentPlanOptions Options() {
  AgentPlanOptions options;
  options.sites = 2;
  options.dwell_s = 0.1;
  options.budget_s = 1;
  options.min_frames_sure = 2;
  options.settle_frames = 3;
  options.idle_frames = 5;
  return options;
}

v1::Target TargetAt(int64_t id, double x, double y) {
  v1::Target target;
  target.set_id(id);
  target.set_x_px(x);
  target.set_y_px(y);
  target.set_frames_sure(5);
  return target;
}

v1::WatchTargetsResponse Frame(const std::vector<v1::Target>& targets) {
  v1::WatchTargetsResponse update;
  update.mutable_frame()->set_pixel_size_nm(0.02);
  for (const v1::Target& target : targets) *update.add_targets() = target;
  return update;
}

v1::WatchTargetsResponse Withdrawn(v1::WatchTargetsResponse update, int64_t id,
                                   v1::WithdrawalReason reason) {
  v1::Withdrawal& withdrawal = *update.add_withdrawn();
  withdrawal.set_id(id);
  withdrawal.set_reason(reason);
  return update;
}

v1::Visit VisitOf(int64_t id, v1::VisitOutcome outcome = v1::VISIT_OUTCOME_COMPLETED) {
  v1::Visit visit;
  visit.set_target_id(id);
  visit.set_outcome(outcome);
  visit.set_exposed(true);
  visit.set_dose_s(0.1);
  return visit;
}

TEST(AgentPlanTest, VisitsEachTargetOnceInTheOrderAskedFor) {
  AgentPlan plan(Options());
  const auto frame = Frame({TargetAt(4, 10, 10), TargetAt(2, 50, 50)});
  EXPECT_EQ(plan.Choose(), std::nullopt);
  plan.OnUpdate(frame);
  EXPECT_THAT(plan.Choose(), Optional(4));
  plan.OnVisit(4, VisitOf(4));
  plan.OnUpdate(frame);
  EXPECT_THAT(plan.Choose(), Optional(2));
  plan.OnVisit(2, VisitOf(2));
  plan.OnUpdate(frame);
  EXPECT_EQ(plan.Choose(), std::nullopt);
  EXPECT_EQ(plan.account().visited, 2);
  EXPECT_DOUBLE_EQ(plan.account().dose_s, 0.2);
}

TEST(AgentPlanTest, WaitsForTargetsThatAreSureAndNotDoubtful) {
  AgentPlan plan(Options());
  v1::Target target = TargetAt(1, 10, 10);
  target.set_frames_sure(1);
  plan.OnUpdate(Frame({target}));
  EXPECT_EQ(plan.Choose(), std::nullopt);
  target.set_frames_sure(2);
  target.set_frames_doubtful(1);
  plan.OnUpdate(Frame({target}));
  EXPECT_EQ(plan.Choose(), std::nullopt);
  target.set_frames_doubtful(0);
  plan.OnUpdate(Frame({target}));
  EXPECT_THAT(plan.Choose(), Optional(1));
}

TEST(AgentPlanTest, LeavesOutWhatSomebodyElseExposed) {
  AgentPlan plan(Options());
  v1::Target target = TargetAt(1, 10, 10);
  target.set_dose_s(0.5);
  plan.OnUpdate(Frame({target}));
  EXPECT_EQ(plan.Choose(), std::nullopt);
  // … and the atom that hopped from there, too.
  plan.OnUpdate(Frame({target, TargetAt(2, 10 + kNeighbourPx, 10)}));
  EXPECT_EQ(plan.Choose(), std::nullopt);
  EXPECT_EQ(plan.account().hops_recognised, 1);
}

TEST(AgentPlanTest, TakesATargetThatAppearsBesideAVisitedSiteForItsAtom) {
  AgentPlan plan(Options());
  plan.OnUpdate(Frame({TargetAt(1, 10, 10)}));
  plan.OnVisit(1, VisitOf(1));
  // The first is doubtful still when its atom shows at the neighbouring site; farther off there is
  // another, and that is a target.
  plan.OnUpdate(
      Frame({TargetAt(3, 10, 10 + kNeighbourPx), TargetAt(4, 10 + 2 * kNeighbourPx, 10)}));
  EXPECT_THAT(plan.Choose(), Optional(4));
  EXPECT_EQ(plan.account().hops_recognised, 1);
  plan.OnUpdate(Withdrawn(Frame({TargetAt(3, 10, 10 + kNeighbourPx)}), 1,
                          v1::WITHDRAWAL_REASON_NO_LONGER_MEETS));
  EXPECT_EQ(plan.Choose(), std::nullopt);
  EXPECT_THAT(plan.account().changes, ElementsAre(Pair("no_longer_meets", 1)));
}

TEST(AgentPlanTest, RecognisesAHopAfterTheWithdrawalThroughTheDrift) {
  AgentPlan plan(Options());
  v1::Target other = TargetAt(9, 100, 100);
  other.set_frames_sure(0);  // never visited
  plan.OnUpdate(Frame({TargetAt(1, 10, 10), other}));
  plan.OnVisit(1, VisitOf(1));
  other.set_drift_x_px(6);
  plan.OnUpdate(Withdrawn(Frame({other}), 1, v1::WITHDRAWAL_REASON_VANISHED));  // at (16, 10) now
  v1::WatchTargetsResponse later = Frame({other, TargetAt(5, 28 + kNeighbourPx, 10)});
  later.set_frames_skipped(1);  // two frames' drift
  plan.OnUpdate(later);
  EXPECT_EQ(plan.Choose(), std::nullopt);
  EXPECT_EQ(plan.account().hops_recognised, 1);
}

TEST(AgentPlanTest, ANeighbourThatWasATargetBeforeTheVisitStaysOne) {
  AgentPlan plan(Options());
  const auto frame = Frame({TargetAt(1, 10, 10), TargetAt(2, 10 + kNeighbourPx, 10)});
  plan.OnUpdate(frame);
  plan.OnVisit(1, VisitOf(1));
  plan.OnUpdate(frame);
  EXPECT_THAT(plan.Choose(), Optional(2));
}

TEST(AgentPlanTest, EndsAtItsGoalWhenChangesHaveShownOrHadTheTimeTo) {
  const auto both = Frame({TargetAt(1, 10, 10), TargetAt(2, 50, 50)});
  AgentPlan changing(Options());
  changing.OnUpdate(both);
  changing.OnVisit(1, VisitOf(1));
  changing.OnUpdate(both);
  changing.OnVisit(2, VisitOf(2));
  changing.OnUpdate(Withdrawn(Frame({TargetAt(2, 50, 50)}), 1, v1::WITHDRAWAL_REASON_VANISHED));
  EXPECT_EQ(changing.end(), AgentEnd::kRunning);
  changing.OnUpdate(Withdrawn(Frame({}), 2, v1::WITHDRAWAL_REASON_MOVED));
  EXPECT_EQ(changing.end(), AgentEnd::kGoal);
  EXPECT_EQ(changing.account().changed, 2);

  AgentPlan steady(Options());
  steady.OnUpdate(both);
  steady.OnVisit(1, VisitOf(1));
  steady.OnUpdate(both);
  steady.OnVisit(2, VisitOf(2));
  for (int i = 0; i < 2; ++i) steady.OnUpdate(both);
  EXPECT_EQ(steady.end(), AgentEnd::kRunning);
  steady.OnUpdate(both);
  EXPECT_EQ(steady.end(), AgentEnd::kGoal);
  EXPECT_EQ(steady.account().changed, 0);
}

TEST(AgentPlanTest, LeavingTheFrameIsNoChange) {
  AgentPlan plan(Options());
  plan.OnUpdate(Frame({TargetAt(1, 10, 10)}));
  plan.OnVisit(1, VisitOf(1));
  plan.OnUpdate(Withdrawn(Frame({}), 1, v1::WITHDRAWAL_REASON_LEFT_FRAME));
  EXPECT_EQ(plan.account().changed, 0);
}

TEST(AgentPlanTest, NeverExceedsTheBudget) {
  AgentPlanOptions options = Options();
  options.sites = 9;
  options.budget_s = 0.2;  // two visits, exactly
  AgentPlan plan(options);
  const auto frame = Frame({TargetAt(1, 10, 10), TargetAt(2, 50, 50), TargetAt(3, 90, 90)});
  for (int64_t id = 1; id <= 2; ++id) {
    plan.OnUpdate(frame);
    ASSERT_THAT(plan.Choose(), Optional(id));
    plan.OnVisit(id, VisitOf(id));
  }
  for (int i = 0; i < 3; ++i) {
    plan.OnUpdate(frame);
    EXPECT_EQ(plan.Choose(), std::nullopt);
  }
  EXPECT_EQ(plan.end(), AgentEnd::kBudget);
}

TEST(AgentPlanTest, EndsWhenTheDaemonSaysThatTheDoseIsSpent) {
  AgentPlan plan(Options());
  const auto frame = Frame({TargetAt(1, 10, 10)});
  plan.OnUpdate(frame);
  plan.OnVisit(1, absl::ResourceExhaustedError("dose"));
  EXPECT_EQ(plan.Choose(), std::nullopt);
  plan.OnUpdate(frame);
  EXPECT_EQ(plan.end(), AgentEnd::kBudget);
}

TEST(AgentPlanTest, TriesARefusedTargetAgainALittleLater) {
  AgentPlan plan(Options());
  const auto frame = Frame({TargetAt(1, 10, 10)});
  plan.OnUpdate(frame);
  plan.OnVisit(1, absl::AbortedError("held"));
  for (int i = 0; i < 2; ++i) {
    plan.OnUpdate(frame);
    EXPECT_EQ(plan.Choose(), std::nullopt);
  }
  plan.OnUpdate(frame);
  EXPECT_THAT(plan.Choose(), Optional(1));
  plan.OnVisit(1, absl::AlreadyExistsError("visited"));
  for (int i = 0; i < 4; ++i) {
    plan.OnUpdate(frame);
    EXPECT_EQ(plan.Choose(), std::nullopt);
  }
  EXPECT_EQ(plan.account().refused, 2);
  EXPECT_EQ(plan.account().failed, 0);
}

TEST(AgentPlanTest, ASiteWhoseVisitFailedIsNotVisitedAgainIfTheBeamMayHaveBeenOn) {
  AgentPlan plan(Options());
  const auto frame = Frame({TargetAt(1, 10, 10)});
  plan.OnUpdate(frame);
  plan.OnVisit(1, absl::UnavailableError("link lost"));
  EXPECT_DOUBLE_EQ(plan.account().dose_s, 0.1);
  for (int i = 0; i < 4; ++i) {
    plan.OnUpdate(frame);
    EXPECT_EQ(plan.Choose(), std::nullopt);
  }
  EXPECT_EQ(plan.account().visited, 0);
  EXPECT_EQ(plan.account().failed, 1);
}

TEST(AgentPlanTest, GivesUpAfterTooManyFailuresAndAtOnceWhereNoneWillMend) {
  AgentPlanOptions options = Options();
  options.max_failures = 1;
  AgentPlan plan(options);
  const auto frame = Frame({TargetAt(1, 10, 10), TargetAt(2, 50, 50), TargetAt(3, 90, 90)});
  for (int64_t id = 1; id <= 2; ++id) {
    plan.OnUpdate(frame);
    ASSERT_EQ(plan.end(), AgentEnd::kRunning);
    plan.OnVisit(id, VisitOf(id, v1::VISIT_OUTCOME_FAILED));
  }
  EXPECT_EQ(plan.Choose(), std::nullopt);
  plan.OnUpdate(frame);
  EXPECT_EQ(plan.end(), AgentEnd::kFailures);

  AgentPlan wrong(Options());
  wrong.OnUpdate(frame);
  wrong.OnVisit(1, absl::InvalidArgumentError("dwell_time"));
  EXPECT_EQ(wrong.end(), AgentEnd::kFailures);
}

TEST(AgentPlanTest, GivesUpWithoutTargets) {
  AgentPlan plan(Options());
  for (int i = 0; i < 4; ++i) plan.OnUpdate(Frame({}));
  EXPECT_EQ(plan.end(), AgentEnd::kRunning);
  plan.OnUpdate(Frame({}));
  EXPECT_EQ(plan.end(), AgentEnd::kNoTargets);
}

TEST(AgentPlanTest, EndsWhenNobodyKnowsWhatWasVisited) {
  v1::WatchTargetsResponse lost = Frame({TargetAt(1, 10, 10)});
  lost.set_identities_lost(true);
  AgentPlan fresh(Options());
  fresh.OnUpdate(lost);  // nothing was visited: nothing is lost
  EXPECT_EQ(fresh.end(), AgentEnd::kRunning);
  fresh.OnVisit(1, VisitOf(1));
  fresh.OnUpdate(lost);
  EXPECT_EQ(fresh.end(), AgentEnd::kIdentitiesLost);
}

TEST(AgentPlanTest, NeedsAScaleToTellAHopFromANewTarget) {
  AgentPlan plan(Options());
  v1::WatchTargetsResponse frame = Frame({TargetAt(1, 10, 10)});
  frame.mutable_frame()->set_pixel_size_nm(0);
  plan.OnUpdate(frame);
  EXPECT_EQ(plan.end(), AgentEnd::kNoScale);
  EXPECT_EQ(plan.Choose(), std::nullopt);
}

TEST(AgentPlanTest, DoesNotVisitInAFrameThatCouldNotBeUsed) {
  AgentPlan plan(Options());
  v1::WatchTargetsResponse frame = Frame({TargetAt(1, 10, 10)});
  frame.set_error("criteria in nm");
  plan.OnUpdate(frame);
  EXPECT_EQ(plan.Choose(), std::nullopt);
}

TEST(AgentPlanTest, TheFirstReasonToStopStays) {
  AgentPlan plan(Options());
  plan.Stop(AgentEnd::kInterrupted);
  plan.Stop(AgentEnd::kTimeout);
  EXPECT_EQ(plan.end(), AgentEnd::kInterrupted);
  plan.OnUpdate(Frame({TargetAt(1, 10, 10)}));
  EXPECT_EQ(plan.Choose(), std::nullopt);
}

TEST(AgentPlanTest, NamesOptionsThatCannotBe) {
  const auto error = [](auto change) {
    AgentPlanOptions options;
    change(options);
    return std::string(ValidateAgentPlanOptions(options).message());
  };
  EXPECT_EQ(error([](auto&) {}), "");
  EXPECT_THAT(error([](auto& o) { o.sites = 0; }), HasSubstr("sites = 0"));
  EXPECT_THAT(error([](auto& o) { o.dwell_s = 0; }), HasSubstr("dwell_s = 0"));
  EXPECT_THAT(error([](auto& o) { o.budget_s = 0.05; }), HasSubstr("budget_s = 0.05"));
  EXPECT_THAT(error([](auto& o) { o.idle_frames = 0; }), HasSubstr("idle_frames = 0"));
}

}  // namespace
}  // namespace atomstream
