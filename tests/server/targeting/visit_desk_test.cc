#include "server/targeting/visit_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/targeting/desk_fixture.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using VisitDeskTest = DeskFixture;

TEST_F(VisitDeskTest, PutsTheBeamOnTheTargetAndBlanksIt) {
  Begin();
  const VisitReport report = Attempt(RequestFor(0));
  ASSERT_TRUE(report.refusal.ok()) << report.refusal.message;
  ASSERT_TRUE(report.visit.has_value());
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kCompleted);
  EXPECT_EQ(report.visit->number, 1);
  EXPECT_EQ(report.visit->site, targets_[0]);
  EXPECT_TRUE(report.visit->exposed);
  EXPECT_DOUBLE_EQ(report.visit->dose, 0.1);
  EXPECT_FALSE(beam_.on());
  EXPECT_EQ(beam_.blanks(), 1);
  EXPECT_DOUBLE_EQ(targeting_->ledger().SiteDose(targets_[0]), 0.1);
  EXPECT_EQ(Count(VisitOutcome::kCompleted), 1);
  EXPECT_DOUBLE_EQ(metrics_.dose->value(), 0.1);
  EXPECT_THAT(audit_.lines(),
              ElementsAre(HasSubstr("ana|place|target "), HasSubstr("ana|blank|after target ")));
}

// Where the target will be when the beam arrives, not where the frame shows it.
TEST_F(VisitDeskTest, AimsAtWhereTheTargetHasDriftedTo) {
  Make();
  script_.drift = {2, -1};
  Show();
  Show();
  Select();
  const auto found = targeting_->scene().Find(selection_, "epoch", targets_[0]);
  const TrackedSite where = found.value->target.where;
  clock_.Advance(SceneScript::kPeriod * 1.5);
  steady_.Advance(SceneScript::kPeriod * 1.5);
  const VisitReport report = Attempt(RequestFor(0));
  ASSERT_TRUE(report.refusal.ok()) << report.refusal.message;
  // The tracked place is a filtered one, so the drift may be a little off.
  EXPECT_NEAR(beam_.places()[0].x_fraction * SceneScript::kFrame - 0.5, where.x_px + 3, 0.05);
  EXPECT_NEAR(beam_.places()[0].y_fraction * SceneScript::kFrame - 0.5, where.y_px - 1.5, 0.05);
  EXPECT_DOUBLE_EQ(report.visit->x_fraction, beam_.places()[0].x_fraction);
}

TEST_F(VisitDeskTest, RefusesWhatIsWrongWithTheRequest) {
  Begin();
  VisitRequest request = RequestFor(0);
  request.dwell = absl::ZeroDuration();
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request = RequestFor(0);
  request.dwell = absl::Seconds(11);
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request = RequestFor(0);
  request.holder = "";
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request.holder = std::string(65, 'x');
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request.holder = "a\nvisit 2";
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request = RequestFor(0);
  request.min_frames_sure = 1001;
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request = RequestFor(0);
  request.target_id = 0;
  EXPECT_EQ(RefusalOf(request), kVisitInvalid);
  request = RequestFor(0);
  request.target_id = 4711;
  EXPECT_EQ(RefusalOf(request), kTargetNotFound);
  request = RequestFor(0);
  request.selection_id = "none";
  EXPECT_EQ(RefusalOf(request), kSelectionNotFound);
  request = RequestFor(0);
  request.epoch = "old";
  EXPECT_EQ(RefusalOf(request), kEpochChanged);
  EXPECT_EQ(metrics_.visits_refused->value(), 10);
  EXPECT_THAT(beam_.places(), IsEmpty());
}

TEST_F(VisitDeskTest, RefusesWithoutAMicroscope) {
  Make({}, /*with_beam=*/false);
  Show();
  Select();
  EXPECT_EQ(RefusalOf(RequestFor(0)), kNoMicroscope);
  EXPECT_TRUE(targeting_->Shutdown());
}

TEST_F(VisitDeskTest, RefusesATargetThatIsDoubtful) {
  Begin();
  VisitRequest request = RequestFor(0);
  request.min_frames_sure = 2;
  EXPECT_EQ(RefusalOf(request), kTargetDoubtful);  // seen in one frame only
  Show();
  EXPECT_TRUE(Attempt(request).refusal.ok());
  script_.missing = {40};
  Show();
  EXPECT_EQ(RefusalOf(RequestFor(1)), kTargetDoubtful);
}

TEST_F(VisitDeskTest, RefusesATargetOfAnOldFrame) {
  TargetingOptions options;
  options.max_target_age = absl::Seconds(2);
  options.max_target_age_frames = 5;
  Begin(options);
  clock_.Advance(absl::Seconds(2));  // no period is known yet
  EXPECT_TRUE(Attempt(RequestFor(0)).refusal.ok());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(RefusalOf(RequestFor(1)), kFrameTooOld);
  VisitRequest doubtful = RequestFor(1);
  doubtful.min_frames_sure = 2;  // it would become so, if frames came
  EXPECT_EQ(RefusalOf(doubtful), kFrameTooOld);
  script_.Show(*targeting_);
  script_.Show(*targeting_);
  steady_.Advance(SceneScript::kPeriod * 6);  // the system clock stands still, or was set back
  EXPECT_EQ(RefusalOf(RequestFor(1)), kFrameTooOld);
}

TEST_F(VisitDeskTest, RefusesATargetThatHasLeftTheFrameByNow) {
  script_.dopants = {131};  // right border of the last but one row
  Make();
  script_.drift = {4, 0};
  Show();
  Show();
  Show();
  Select();
  ASSERT_EQ(targets_.size(), 1u);
  clock_.Advance(SceneScript::kPeriod * 8);
  steady_.Advance(SceneScript::kPeriod * 8);
  EXPECT_EQ(RefusalOf(RequestFor(0)), kTargetOutsideFrame);
}

TEST_F(VisitDeskTest, LetsASiteBeVisitedAgainOnlyOnRequest) {
  Begin();
  EXPECT_TRUE(Attempt(RequestFor(0)).refusal.ok());
  EXPECT_EQ(RefusalOf(RequestFor(0)), kSiteVisited);
  VisitRequest again = RequestFor(0);
  again.allow_revisit = true;
  EXPECT_TRUE(Attempt(again).refusal.ok());
}

TEST_F(VisitDeskTest, GivesASiteToOneVisitAtATime) {
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin();
  Waiter first;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), first.done()).ok());
  beam_.WaitUntilPlaced();
  VisitRequest other = RequestFor(0);
  other.holder = "ben";
  other.allow_revisit = true;
  EXPECT_EQ(RefusalOf(other), kSiteHeld);
  beam_.FreeBeam();
  EXPECT_TRUE(first.Wait().refusal.ok());
}

TEST_F(VisitDeskTest, BoundsTheVisitsThatWait) {
  TargetingOptions options;
  options.visit_queue = 2;
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin(options);
  Waiter waiters[3];
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), waiters[0].done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), waiters[1].done()).ok());
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(2), waiters[2].done()).ok());
  EXPECT_EQ(RefusalOf(RequestFor(3)), kVisitQueueFull);
  EXPECT_EQ(metrics_.visits_waiting->value(), 2);
  for (const int seconds : {1, 2}) {
    steady_.Advance(absl::Seconds(1));
    targeting_->desk().ShowAge();
    EXPECT_DOUBLE_EQ(metrics_.visits_age->value(), seconds);
  }
  beam_.FreeBeam();
  for (Waiter& waiter : waiters) EXPECT_TRUE(waiter.Wait().refusal.ok());
  EXPECT_FALSE(beam_.was_doubly_on());
  EXPECT_EQ(metrics_.visits_waiting->value(), 0);
  targeting_->desk().ShowAge();
  EXPECT_EQ(metrics_.visits_age->value(), 0);
}

TEST_F(VisitDeskTest, BlanksTheBeamWhenTheCallerGoes) {
  beam_.Behave(FakeBeam::Manner::kHang);
  Begin();
  Waiter waiter;
  const auto job = targeting_->desk().Submit(RequestFor(0), waiter.done());
  beam_.WaitUntilPlaced();
  steady_.Advance(absl::Milliseconds(30));
  targeting_->desk().Cancel(**job.value);
  const VisitReport report = waiter.Wait();
  EXPECT_EQ(report.refusal.reason, kVisitCancelled);
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kCancelled);
  EXPECT_DOUBLE_EQ(report.visit->dose, 0.03);  // no longer than it can have been on
  EXPECT_FALSE(beam_.on());
  targeting_->desk().Cancel(**job.value);  // no effect
}

TEST_F(VisitDeskTest, ForgetsAWaitingVisitWhoseCallerGoes) {
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin();
  Waiter first, second;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), first.done()).ok());
  beam_.WaitUntilPlaced();
  const auto job = targeting_->desk().Submit(RequestFor(1), second.done());
  targeting_->desk().Cancel(**job.value);
  const VisitReport report = second.Wait();
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kCancelled);
  EXPECT_FALSE(report.visit->exposed);
  EXPECT_EQ(report.visit->dose, 0);
  beam_.FreeBeam();
  EXPECT_TRUE(first.Wait().refusal.ok());
  EXPECT_EQ(beam_.places().size(), 1u);
}

struct Failure {
  FakeBeam::Manner manner;
  VisitOutcome outcome;
};
class FailingBeamTest : public DeskFixture, public testing::WithParamInterface<Failure> {};

TEST_P(FailingBeamTest, IsBlanked) {
  beam_.Behave(GetParam().manner);
  Begin();
  const VisitReport report = Attempt(RequestFor(0));
  EXPECT_EQ(report.refusal.reason, kBeamFailed);
  EXPECT_THAT(report.refusal.message, testing::HasSubstr("; the beam is blanked now"));
  EXPECT_EQ(report.visit->outcome, GetParam().outcome);
  EXPECT_FALSE(beam_.on());
  EXPECT_GE(beam_.blanks(), 1);
  beam_.Behave(FakeBeam::Manner::kObey);
  EXPECT_TRUE(Attempt(RequestFor(1)).refusal.ok());
}
INSTANTIATE_TEST_SUITE_P(AllManners, FailingBeamTest,
                         testing::Values(Failure{FakeBeam::Manner::kFail, VisitOutcome::kFailed},
                                         Failure{FakeBeam::Manner::kTimeOut,
                                                 VisitOutcome::kExpired},
                                         Failure{FakeBeam::Manner::kThrow, VisitOutcome::kFailed}));

TEST_F(VisitDeskTest, ChargesNothingWhenTheMicroscopeRefuses) {
  beam_.Behave(FakeBeam::Manner::kRefuse);
  Begin();
  const VisitReport report = Attempt(RequestFor(0));
  EXPECT_EQ(report.refusal.reason, kBeamFailed);
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kFailed);
  EXPECT_EQ(report.visit->dose, 0);
  EXPECT_EQ(beam_.blanks(), 0);
}

TEST_F(VisitDeskTest, AcceptsNothingUntilTheBeamIsBlanked) {
  Begin();
  beam_.FailNextBlanks(1'000'000);
  const VisitReport report = Attempt(RequestFor(0));
  EXPECT_EQ(report.refusal.reason, kBeamNotBlanked);
  EXPECT_DOUBLE_EQ(report.visit->dose, 0.1);
  EXPECT_EQ(metrics_.beam_blank_failing->value(), 1);
  // The desk goes on trying while it refuses.
  EXPECT_EQ(RefusalOf(RequestFor(1)), kBeamNotBlanked);
  EXPECT_FALSE(targeting_->desk().beam_safe());
  beam_.FailNextBlanks(0);
  while (!targeting_->desk().beam_safe()) beam_.WaitUntilBlanked();
  EXPECT_EQ(metrics_.beam_blank_failing->value(), 0);
  VisitReport next;
  do {  // the beam thread may just be leaving its loop
    next = Attempt(RequestFor(1));
  } while (next.refusal.reason == kBeamNotBlanked);
  EXPECT_TRUE(next.refusal.ok()) << next.refusal.message;
}

TEST_F(VisitDeskTest, EndsWhatWaitsWhenTheBeamCannotBeBlanked) {
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin();
  Waiter first, second;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), first.done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), second.done()).ok());
  beam_.FailNextBlanks(kBlankAttempts);
  beam_.FreeBeam();
  EXPECT_EQ(first.Wait().refusal.reason, kBeamNotBlanked);
  EXPECT_EQ(second.Wait().refusal.reason, kBeamNotBlanked);
  EXPECT_EQ(beam_.places().size(), 1u);
}

TEST_F(VisitDeskTest, EndsAWaitingVisitWhoseTargetIsWithdrawn) {
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin();
  Waiter first, second;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), first.done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), second.done()).ok());
  script_.drift_state = DriftState::kAmbiguous;
  Show();
  const VisitReport report = second.Wait();  // although the beam is not free yet
  EXPECT_EQ(report.refusal.reason, kTargetWithdrawn);
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kWithdrawn);
  EXPECT_EQ(report.visit->dose, 0);
  beam_.FreeBeam();
  EXPECT_TRUE(first.Wait().refusal.ok());  // what the beam does to its own target ends no visit
  EXPECT_EQ(beam_.places().size(), 1u);
}

TEST_F(VisitDeskTest, ChecksAgainRightBeforeTheBeamIsPlaced) {
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin();
  Waiter first, second;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), first.done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), second.done()).ok());
  script_.dopants.erase(40);
  Show();  // doubtful, not withdrawn yet
  EXPECT_FALSE(second.is_done());
  beam_.FreeBeam();
  const VisitReport report = second.Wait();
  EXPECT_EQ(report.refusal.reason, kTargetDoubtful);
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kAbandoned);
  EXPECT_EQ(beam_.places().size(), 1u);
}

TEST_F(VisitDeskTest, EndsAVisitThatWaitedBeyondItsLease) {
  TargetingOptions options;
  options.ledger.max_dwell = absl::Seconds(1);
  options.ledger.max_lease = absl::Seconds(3);
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin(options);
  Waiter first, second;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), first.done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), second.done()).ok());
  steady_.Advance(absl::Seconds(2.95));  // too little is left for the dwell
  Show();
  beam_.FreeBeam();
  const VisitReport report = second.Wait();
  EXPECT_EQ(report.refusal.reason, kVisitExpired);
  EXPECT_EQ(report.visit->outcome, VisitOutcome::kExpired);
  EXPECT_EQ(beam_.places().size(), 1u);
}

TEST_F(VisitDeskTest, EndsEverythingBlankedAtShutdown) {
  beam_.Behave(FakeBeam::Manner::kHang);
  Begin();
  Waiter running, waiting;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), running.done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), waiting.done()).ok());
  EXPECT_TRUE(targeting_->Shutdown());
  EXPECT_FALSE(beam_.on());
  EXPECT_EQ(running.Wait().refusal.reason, kTargetingShutDown);
  EXPECT_EQ(running.Wait().visit->outcome, VisitOutcome::kShutdown);
  EXPECT_EQ(waiting.Wait().visit->outcome, VisitOutcome::kShutdown);
  EXPECT_EQ(RefusalOf(RequestFor(2)), kTargetingShutDown);
  EXPECT_EQ(targeting_->ledger().Totals().leases, 0);
  EXPECT_THAT(audit_.lines().back(), HasSubstr("atomstreamd|blank|at shutdown"));
  EXPECT_TRUE(targeting_->Shutdown());  // no effect
}

TEST_F(VisitDeskTest, LeavesTheBeamAloneAtShutdownWhenItWasNeverPlaced) {
  Begin();
  EXPECT_TRUE(targeting_->Shutdown());
  EXPECT_EQ(beam_.blanks(), 0);
}

TEST_F(VisitDeskTest, SaysWhenTheBeamIsLeftOnAtShutdown) {
  Begin();
  beam_.FailNextBlanks(1'000'000);
  EXPECT_EQ(Attempt(RequestFor(0)).refusal.reason, kBeamNotBlanked);
  EXPECT_FALSE(targeting_->Shutdown());
}

}  // namespace
}  // namespace atomstream
