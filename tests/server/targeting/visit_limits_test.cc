// The budgets and limits of visits, also when they change while visits wait and run.
#include <gtest/gtest.h>

#include "tests/server/targeting/desk_fixture.h"

namespace atomstream {
namespace {

using VisitLimitsTest = DeskFixture;

TEST_F(VisitLimitsTest, KeepsToTheDoseBudget) {
  TargetingOptions options;
  options.ledger.max_site_dose = 0.25;
  options.ledger.max_total_dose = 0.35;
  Begin(options);
  VisitRequest request = RequestFor(0);
  request.allow_revisit = true;
  EXPECT_TRUE(Attempt(request).refusal.ok());
  EXPECT_TRUE(Attempt(request).refusal.ok());
  EXPECT_EQ(RefusalOf(request), kDoseExhausted);  // of the site
  EXPECT_TRUE(Attempt(RequestFor(1)).refusal.ok());
  EXPECT_EQ(RefusalOf(RequestFor(2)), kDoseExhausted);  // of all
}

TEST_F(VisitLimitsTest, LimitsThatChangeCountForTheNextVisit) {
  TargetingOptions options;
  Begin(options);
  options.ledger.max_dwell = absl::Milliseconds(50);
  options.ledger.max_lease = absl::Seconds(1);
  targeting_->SetOptions(options);
  EXPECT_EQ(RefusalOf(RequestFor(0)), kVisitInvalid);
  options.ledger.max_dwell = absl::Milliseconds(100);
  options.ledger.max_total_dose = 0.05;
  targeting_->SetOptions(options);
  EXPECT_EQ(RefusalOf(RequestFor(0)), kDoseExhausted);
  options.ledger.max_total_dose = 10;
  options.max_target_age = absl::Milliseconds(10);
  targeting_->SetOptions(options);
  clock_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(RefusalOf(RequestFor(0)), kFrameTooOld);
  options.max_target_age = absl::Seconds(5);
  targeting_->SetOptions(options);
  EXPECT_TRUE(Attempt(RequestFor(0)).refusal.ok());
}

TEST_F(VisitLimitsTest, LoweredLimitsEndWhatWaitsAndLeaveWhatHasTheBeam) {
  TargetingOptions options;
  beam_.Behave(FakeBeam::Manner::kHangUntilFreed);
  Begin(options);
  Waiter running, waiting;
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(0), running.done()).ok());
  beam_.WaitUntilPlaced();
  ASSERT_TRUE(targeting_->desk().Submit(RequestFor(1), waiting.done()).ok());
  options.ledger.max_site_dose = 0.05;  // either would give twice that
  options.visit_queue = 1;
  targeting_->SetOptions(options);
  EXPECT_EQ(RefusalOf(RequestFor(2)), kVisitQueueFull);
  beam_.FreeBeam();
  EXPECT_TRUE(running.Wait().refusal.ok());
  EXPECT_DOUBLE_EQ(running.Wait().visit->dose, 0.1);
  const VisitReport ended = waiting.Wait();
  EXPECT_EQ(ended.refusal.reason, kDoseExhausted);
  EXPECT_EQ(ended.visit->outcome, VisitOutcome::kAbandoned);
  EXPECT_EQ(ended.visit->dose, 0);
  EXPECT_EQ(beam_.places().size(), 1u);
}

}  // namespace
}  // namespace atomstream
