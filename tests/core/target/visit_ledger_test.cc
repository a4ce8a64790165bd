#include "core/target/visit_ledger.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class ManualClock final : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  void Advance(absl::Duration step) { now_ += step; }

 private:
  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
};

class VisitLedgerTest : public testing::Test {
 protected:
  VisitLedgerTest() { ledger_.StartEpoch("e1"); }

  static LeaseRequest Request(int64_t site, const std::string& holder = "a", double dose = 1) {
    LeaseRequest request;
    request.epoch = "e1";
    request.site = site;
    request.holder = holder;
    request.dose = dose;
    request.dwell = absl::Seconds(1);
    request.lease = absl::Seconds(10);
    return request;
  }

  absl::Status Refused(const LeaseRequest& request) { return ledger_.Acquire(request).status(); }

  // A whole visit.
  void VisitSite(int64_t site, double dose = 1) {
    VisitLease lease = *ledger_.Acquire(Request(site, "a", dose));
    ASSERT_TRUE(lease.Expose().ok());
    ASSERT_TRUE(lease.Finish(VisitOutcome::kCompleted, dose).ok());
  }

  Visit LastVisit() { return ledger_.ListVisits(ledger_.Totals().visits - 1, 1).at(0); }

  ManualClock steady_, system_;
  VisitLedger ledger_{LedgerOptions{.max_site_dose = 3, .max_total_dose = 10, .max_leases = 4},
                      steady_, system_};
};

TEST_F(VisitLedgerTest, RecordsAVisit) {
  VisitLease lease = *ledger_.Acquire(Request(7, "agent"));
  system_.Advance(absl::Seconds(2));
  ASSERT_TRUE(lease.Expose().ok());
  ASSERT_TRUE(lease.Finish(VisitOutcome::kCompleted, 0.75, "fine").ok());
  const Visit visit = LastVisit();
  EXPECT_EQ(visit.number, 1);
  EXPECT_EQ(visit.site, 7);
  EXPECT_EQ(visit.holder, "agent");
  EXPECT_EQ(visit.ended - visit.leased, absl::Seconds(2));
  EXPECT_TRUE(visit.exposed);
  EXPECT_EQ(visit.planned_dose, 1);
  EXPECT_EQ(visit.dose, 0.75);
  EXPECT_EQ(visit.outcome, VisitOutcome::kCompleted);
  EXPECT_EQ(visit.note, "fine");
  EXPECT_EQ(ledger_.SiteDose(7), 0.75);
  EXPECT_EQ(ledger_.Totals().dose, 0.75);
  EXPECT_EQ(ledger_.Totals().leases, 0);
}

TEST_F(VisitLedgerTest, TwoAgentsNeverHoldOneSite) {
  std::optional<VisitLease> lease = *ledger_.Acquire(Request(7, "a"));
  EXPECT_EQ(Refused(Request(7, "b")).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Refused(Request(7, "b")).message(), HasSubstr("site 7 is held by a"));
  EXPECT_EQ(Refused(Request(7, "a")).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(ledger_.Acquire(Request(8, "b")).ok());
  lease.reset();
  EXPECT_TRUE(ledger_.Acquire(Request(7, "b")).ok());
}

TEST_F(VisitLedgerTest, ASiteIsVisitedOnceUnlessAsked) {
  VisitSite(7);
  EXPECT_EQ(Refused(Request(7)).code(), absl::StatusCode::kAlreadyExists);
  LeaseRequest again = Request(7);
  again.allow_revisit = true;
  EXPECT_TRUE(ledger_.Acquire(again).ok());
}

TEST_F(VisitLedgerTest, AVisitThatGaveNoDoseMayBeRepeated) {
  {
    VisitLease lease = *ledger_.Acquire(Request(7));
    ASSERT_TRUE(lease.Expose().ok());
    ASSERT_TRUE(lease.Finish(VisitOutcome::kFailed, 0, "microscope refused").ok());
  }
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kFailed);
  EXPECT_TRUE(ledger_.Acquire(Request(7)).ok());
}

TEST_F(VisitLedgerTest, DroppingALeaseReleasesItWithoutDose) {
  { const VisitLease lease = *ledger_.Acquire(Request(7)); }
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kAbandoned);
  EXPECT_FALSE(LastVisit().exposed);
  EXPECT_EQ(ledger_.Totals().dose, 0);
  EXPECT_TRUE(ledger_.Acquire(Request(7)).ok());
}

TEST_F(VisitLedgerTest, DroppingALeaseWithTheBeamOnChargesWhatWasPlanned) {
  {
    VisitLease lease = *ledger_.Acquire(Request(7, "a", 2));
    ASSERT_TRUE(lease.Expose().ok());
  }
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kAbandoned);
  EXPECT_EQ(LastVisit().dose, 2);
  EXPECT_EQ(ledger_.SiteDose(7), 2);
}

TEST_F(VisitLedgerTest, MovingALeaseDoesNotEndIt) {
  VisitLease first = *ledger_.Acquire(Request(7));
  VisitLease second = std::move(first);
  EXPECT_EQ(ledger_.Totals().leases, 1);
  VisitLease other = *ledger_.Acquire(Request(8));
  other = std::move(second);  // ends the lease of site 8
  EXPECT_EQ(LastVisit().site, 8);
  EXPECT_EQ(ledger_.Totals().leases, 1);
  EXPECT_TRUE(other.Expose().ok());
  EXPECT_EQ(first.Expose().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(second.Finish(VisitOutcome::kCompleted, 1).ok());
}

TEST_F(VisitLedgerTest, AnExpiredLeaseGivesTheSiteFree) {
  VisitLease late = *ledger_.Acquire(Request(7, "a"));
  steady_.Advance(absl::Seconds(10));
  VisitLease next = *ledger_.Acquire(Request(7, "b"));
  EXPECT_EQ(LastVisit().holder, "a");
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kExpired);
  EXPECT_EQ(LastVisit().dose, 0);
  EXPECT_EQ(late.Expose().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(late.Finish(VisitOutcome::kAbandoned, 0).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(next.Expose().ok());
  EXPECT_EQ(ledger_.Totals().visits, 1);
}

TEST_F(VisitLedgerTest, TheBeamIsNeverOnBeyondTheLease) {
  VisitLease lease = *ledger_.Acquire(Request(7));
  steady_.Advance(absl::Seconds(9.5));
  EXPECT_EQ(lease.Expose().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ledger_.Totals().dose, 0);
}

TEST_F(VisitLedgerTest, AnExposureThatNobodyReportsIsChargedAndLateNewsAreAdded) {
  VisitLease lease = *ledger_.Acquire(Request(7, "a", 2));
  ASSERT_TRUE(lease.Expose().ok());
  steady_.Advance(absl::Seconds(10));
  ledger_.Cancel(99, VisitOutcome::kWithdrawn);  // anything that looks at the clock
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kExpired);
  EXPECT_EQ(ledger_.SiteDose(7), 2);
  EXPECT_EQ(lease.Finish(VisitOutcome::kCompleted, 2.5).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ledger_.SiteDose(7), 2.5);
  EXPECT_EQ(LastVisit().dose, 2.5);
  EXPECT_EQ(ledger_.Totals().overruns, 1);
}

TEST_F(VisitLedgerTest, ALeaseIsExposedOnce) {
  VisitLease lease = *ledger_.Acquire(Request(7));
  ASSERT_TRUE(lease.Expose().ok());
  EXPECT_EQ(lease.Expose().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(VisitLedgerTest, BudgetsHold) {
  VisitSite(1, 2.5);
  LeaseRequest again = Request(1, "a", 1);
  again.allow_revisit = true;
  EXPECT_THAT(Refused(again).message(), HasSubstr("site 1 got 2.5 of ledger.max_site_dose = 3"));
  again.dose = 0.5;
  { const VisitLease exactly = *ledger_.Acquire(again); }
  VisitSite(2, 3);
  VisitSite(3, 3);
  // 8.5 spent; 1 reserved.
  const VisitLease held = *ledger_.Acquire(Request(4, "a", 1));
  EXPECT_EQ(ledger_.Totals().reserved, 1);
  const absl::Status refused = Refused(Request(5, "b", 1));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("8.5 of ledger.max_total_dose = 10 is spent and 1 res"));
  EXPECT_TRUE(ledger_.Acquire(Request(5, "b", 0.5)).ok());
}

TEST_F(VisitLedgerTest, LimitsThatChangeCountForWhatIsLeasedFromThenOn) {
  LedgerOptions options{.max_site_dose = 0.5, .max_total_dose = 10, .max_leases = 4};
  ledger_.SetOptions(options);
  EXPECT_TRUE(absl::IsResourceExhausted(Refused(Request(1))));
  options.max_site_dose = 3;
  options.max_dwell = absl::Milliseconds(500);
  ledger_.SetOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(Refused(Request(1))));
  options.max_dwell = absl::Seconds(10);
  ledger_.SetOptions(options);
  EXPECT_TRUE(ledger_.Acquire(Request(1)).ok());
}

TEST_F(VisitLedgerTest, LoweredLimitsStopWhatIsLeasedAndNotWhatIsExposed) {
  VisitLease running = *ledger_.Acquire(Request(1));
  VisitLease waiting = *ledger_.Acquire(Request(2));
  ASSERT_TRUE(running.Expose().ok());
  LedgerOptions options{.max_site_dose = 3, .max_total_dose = 1.5, .max_leases = 1};
  ledger_.SetOptions(options);
  EXPECT_TRUE(absl::IsResourceExhausted(waiting.Expose()));  // the other's dose counts, too
  options.max_total_dose = 10;
  options.max_site_dose = 0.5;
  ledger_.SetOptions(options);
  EXPECT_TRUE(absl::IsResourceExhausted(waiting.Expose()));
  options.max_site_dose = 3;
  options.max_dwell = absl::Milliseconds(500);
  ledger_.SetOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(waiting.Expose()));
  options.max_dwell = options.max_lease = absl::Seconds(1);
  ledger_.SetOptions(options);
  EXPECT_TRUE(waiting.Expose().ok());  // a longer lease stays as it was given
  steady_.Advance(absl::Seconds(5));
  EXPECT_TRUE(running.Finish(VisitOutcome::kCompleted, 1).ok());
  EXPECT_TRUE(waiting.Finish(VisitOutcome::kCompleted, 1).ok());
  EXPECT_EQ(ledger_.Totals().dose, 2);
}

TEST_F(VisitLedgerTest, AnOverrunIsRecordedAsItHappened) {
  VisitLease lease = *ledger_.Acquire(Request(1, "a", 1));
  ASSERT_TRUE(lease.Expose().ok());
  ASSERT_TRUE(lease.Finish(VisitOutcome::kCompleted, 12).ok());
  EXPECT_EQ(ledger_.Totals().overruns, 1);
  EXPECT_EQ(ledger_.Totals().dose, 12);
  EXPECT_EQ(Refused(Request(2, "a", 0.1)).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(VisitLedgerTest, AWithdrawnTargetLosesItsLease) {
  VisitLease lease = *ledger_.Acquire(Request(7));
  ledger_.Cancel(7, VisitOutcome::kWithdrawn);
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kWithdrawn);
  EXPECT_EQ(lease.Expose().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(VisitLedgerTest, ASiteUnderTheBeamStaysHeldAfterItsLeaseIsCancelled) {
  {
    VisitLease lease = *ledger_.Acquire(Request(7));
    ASSERT_TRUE(lease.Expose().ok());
    ledger_.CancelHolder("a", VisitOutcome::kCancelled);
    EXPECT_EQ(Refused(Request(7, "b")).code(), absl::StatusCode::kAborted);
  }
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kCancelled);
  EXPECT_EQ(LastVisit().dose, 1);
}

TEST_F(VisitLedgerTest, ANewEpochForgetsSitesButNotTheTotal) {
  VisitSite(7);
  VisitLease old = *ledger_.Acquire(Request(8));
  ledger_.StartEpoch("e2");
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kEpochChanged);
  EXPECT_FALSE(old.Expose().ok());
  EXPECT_EQ(Refused(Request(7)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ledger_.SiteDose(7), 0);
  EXPECT_EQ(ledger_.Totals().dose, 1);
  LeaseRequest now = Request(7);
  now.epoch = "e2";
  EXPECT_TRUE(ledger_.Acquire(now).ok());
}

TEST_F(VisitLedgerTest, AnOldExposureIsNotChargedToANewSiteOfTheSameId) {
  VisitLease old = *ledger_.Acquire(Request(7));
  ASSERT_TRUE(old.Expose().ok());
  ledger_.StartEpoch("e2");
  ASSERT_TRUE(old.Finish(VisitOutcome::kCompleted, 1).ok());
  EXPECT_EQ(ledger_.SiteDose(7), 0);
  EXPECT_EQ(ledger_.Totals().dose, 1);
}

TEST_F(VisitLedgerTest, NothingIsLeasedAfterClosing) {
  VisitLease lease = *ledger_.Acquire(Request(7));
  ledger_.Close();
  EXPECT_EQ(LastVisit().outcome, VisitOutcome::kShutdown);
  EXPECT_FALSE(lease.Expose().ok());
  EXPECT_EQ(Refused(Request(8)).code(), absl::StatusCode::kUnavailable);
}

TEST_F(VisitLedgerTest, BoundsLeasesSitesAndEntries) {
  VisitLedger small(LedgerOptions{.max_site_dose = 1,
                                  .max_total_dose = 100,
                                  .max_leases = 1,
                                  .max_visited_sites = 2,
                                  .max_listed_visits = 2},
                    steady_, system_);
  small.StartEpoch("e1");
  for (int site = 1; site <= 2; ++site) {
    VisitLease lease = *small.Acquire(Request(site));
    EXPECT_THAT(small.Acquire(Request(9)).status().message(), HasSubstr("ledger.max_leases = 1"));
    ASSERT_TRUE(lease.Expose().ok());
    ASSERT_TRUE(lease.Finish(VisitOutcome::kCompleted, 0.5).ok());
  }
  EXPECT_THAT(small.Acquire(Request(3)).status().message(),
              HasSubstr("ledger.max_visited_sites = 2"));
  LeaseRequest again = Request(1, "a", 0.5);
  again.allow_revisit = true;
  { const VisitLease lease = *small.Acquire(again); }
  EXPECT_EQ(small.Totals().dropped, 1);
  const std::vector<Visit> listed = small.ListVisits(0, 10);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].number, 2);
  EXPECT_EQ(small.ListVisits(2, 10).size(), 1u);
  EXPECT_EQ(small.ListVisits(0, 1).size(), 1u);
}

TEST_F(VisitLedgerTest, RefusesWrongRequests) {
  const auto refusal = [&](auto change) {
    LeaseRequest request = Request(7);
    change(request);
    const absl::Status status = Refused(request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.site = 0; }), HasSubstr("site = 0"));
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.holder = ""; }), HasSubstr("holder"));
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.dose = 0; }), HasSubstr("dose = 0"));
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.dose = std::numeric_limits<double>::infinity(); }),
              HasSubstr("dose = inf"));
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.dwell = absl::Seconds(11); }),
              HasSubstr("dwell = 11s: must be in (0, 10s]"));
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.lease = absl::Milliseconds(5); }),
              HasSubstr("lease = 5ms"));
  EXPECT_THAT(refusal([](LeaseRequest& r) { r.lease = absl::InfiniteDuration(); }),
              HasSubstr("lease = inf"));
  VisitLease lease = *ledger_.Acquire(Request(7));
  ASSERT_TRUE(lease.Expose().ok());
  EXPECT_THAT(lease.Finish(VisitOutcome::kCompleted, -1).message(), HasSubstr("dose = -1"));
  EXPECT_TRUE(lease.Finish(VisitOutcome::kCompleted, 1).ok());  // still the holder's
}

TEST_F(VisitLedgerTest, RefusesWrongOptions) {
  LedgerOptions options{.max_site_dose = 1, .max_total_dose = 1};
  EXPECT_TRUE(ValidateLedgerOptions(options).ok());
  EXPECT_THAT(ValidateLedgerOptions({.max_total_dose = 1}).message(),
              HasSubstr("max_site_dose = 0"));
  EXPECT_THAT(ValidateLedgerOptions({.max_site_dose = 1}).message(), HasSubstr("max_total_dose"));
  options.max_dwell = absl::ZeroDuration();
  EXPECT_THAT(ValidateLedgerOptions(options).message(), HasSubstr("max_dwell = 0"));
  options.max_dwell = absl::Minutes(5);
  EXPECT_THAT(ValidateLedgerOptions(options).message(), HasSubstr("max_lease = 1m"));
}

}  // namespace
}  // namespace atomstream
