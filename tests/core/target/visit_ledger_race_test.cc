// Agents racing for few sites, on all paths that end a lease. Run under ThreadSanitizer.
#include <atomic>
#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/simulate/random.h"
#include "core/target/visit_ledger.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

constexpr int kAgents = 8;
constexpr int kSites = 12;
constexpr int kAttempts = 4000;  // of each agent

// Time is a counter that the agents push.
class SharedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Milliseconds(ms_.load()); }
  void Advance(int ms) { ms_.fetch_add(ms); }

 private:
  std::atomic<int64_t> ms_{1};
};

struct Race {
  Race(const LedgerOptions& options, bool time_passes, bool revisit)
      : max_total(options.max_total_dose),
        time_passes(time_passes),
        revisit(revisit),
        ledger(options, clock, clock) {
    ledger.StartEpoch("e");
  }

  const double max_total;
  const bool time_passes;
  const bool revisit;
  SharedClock clock;
  VisitLedger ledger;
  std::vector<std::atomic<int>> beams = std::vector<std::atomic<int>>(kSites + 1);  // on each site
  std::atomic<int> double_holds{0};
  std::atomic<int> over_budget{0};
  std::atomic<int64_t> leases{0};
  std::atomic<int64_t> exposures{0};
  std::atomic<int64_t> delivered{0};  // whole units of dose
};

void Meddle(Race& race, Random& random) {
  if (race.time_passes && random.Index(8) == 0) race.clock.Advance(1);
  if (random.Index(64) == 0) {
    race.ledger.Cancel(1 + random.Index(kSites), VisitOutcome::kWithdrawn);
  }
  if (random.Index(256) == 0) {
    race.ledger.CancelHolder(absl::StrCat("agent-", random.Index(kAgents)),
                             VisitOutcome::kCancelled);
  }
  if (random.Index(32) == 0) {
    const LedgerTotals totals = race.ledger.Totals();
    if (totals.dose + totals.reserved > race.max_total) race.over_budget.fetch_add(1);
  }
}

// A site under an agent's beam.
struct Exposure {
  VisitLease lease;
  int64_t site;
  int64_t planned;
};

void EndExposure(Race& race, Exposure exposure, Random& random) {
  const int64_t dose = random.Index(static_cast<int>(exposure.planned) + 1);
  race.delivered.fetch_add(dose);
  race.beams[exposure.site].fetch_sub(1);
  if (race.time_passes && random.Index(8) == 0) return;  // dies without a report
  // Too late, perhaps, if time passes.
  exposure.lease
      .Finish(dose > 0 ? VisitOutcome::kCompleted : VisitOutcome::kFailed,
              static_cast<double>(dose))
      .IgnoreError();
}

void RunAgent(Race& race, int agent) {
  Random random(DeriveSeed(17, agent));
  // Held over several turns, so that agents meet each other's leases however threads are scheduled.
  std::deque<Exposure> held;
  LeaseRequest request;
  request.epoch = "e";
  request.holder = absl::StrCat("agent-", agent);
  request.dwell = absl::Milliseconds(2);
  request.allow_revisit = race.revisit;
  for (int i = 0; i < kAttempts; ++i) {
    if (random.Index(16) == 0) std::this_thread::yield();
    Meddle(race, random);
    if (!held.empty() && random.Index(4) == 0) {
      EndExposure(race, std::move(held.front()), random);
      held.pop_front();
    }
    request.site = 1 + random.Index(kSites);
    request.dose = 1 + random.Index(3);
    request.lease = absl::Milliseconds(2 + random.Index(6));
    absl::StatusOr<VisitLease> lease = race.ledger.Acquire(request);
    if (!lease.ok()) continue;
    race.leases.fetch_add(1);
    if (random.Index(4) == 0) continue;  // abandons it
    if (!lease->Expose().ok()) continue;
    race.exposures.fetch_add(1);
    if (race.beams[request.site].fetch_add(1) != 0) race.double_holds.fetch_add(1);
    held.push_back({*std::move(lease), request.site, static_cast<int64_t>(request.dose)});
  }
  while (!held.empty()) {
    EndExposure(race, std::move(held.front()), random);
    held.pop_front();
  }
}

void RunAgents(Race& race) {
  std::vector<std::thread> agents;
  for (int agent = 0; agent < kAgents; ++agent) {
    agents.emplace_back([&race, agent] { RunAgent(race, agent); });
  }
  for (std::thread& agent : agents) agent.join();
}

void ExpectBooksInOrder(const Race& race, const LedgerOptions& options) {
  EXPECT_EQ(race.over_budget.load(), 0);
  const LedgerTotals totals = race.ledger.Totals();
  EXPECT_EQ(totals.leases, 0);
  EXPECT_EQ(totals.reserved, 0);
  EXPECT_EQ(totals.visits, race.leases.load());
  EXPECT_EQ(totals.exposures, race.exposures.load());
  EXPECT_EQ(totals.overruns, 0);
  EXPECT_LE(totals.dose, options.max_total_dose);
  double sum = 0;
  for (int site = 1; site <= kSites; ++site) {
    EXPECT_LE(race.ledger.SiteDose(site), options.max_site_dose);
    sum += race.ledger.SiteDose(site);
  }
  EXPECT_EQ(sum, totals.dose);  // whole numbers: exact

  // No two leases of a site overlap, by the ledger's own dates.
  std::map<int64_t, Visit> last;
  const std::vector<Visit> visits = race.ledger.ListVisits(0, kAgents * kAttempts);
  ASSERT_EQ(static_cast<int64_t>(visits.size()), totals.visits);
  for (const Visit& visit : visits) {
    const auto [previous, first] = last.try_emplace(visit.site, visit);
    if (!first) {
      EXPECT_GE(visit.leased, previous->second.ended) << "site " << visit.site;
      EXPECT_TRUE(race.revisit || previous->second.dose == 0) << "site " << visit.site;
      previous->second = visit;
    }
  }
}

LedgerOptions Options(double site_dose, double total_dose) {
  return {.max_site_dose = site_dose,
          .max_total_dose = total_dose,
          .max_dwell = absl::Milliseconds(2),
          .max_lease = absl::Milliseconds(10),
          .max_listed_visits = kAgents * kAttempts};
}

TEST(VisitLedgerRaceTest, NoSiteIsDoublyHeldAndNoBudgetExceeded) {
  const LedgerOptions options = Options(300, 3000);
  Race race(options, /*time_passes=*/false, /*revisit=*/true);
  RunAgents(race);
  ExpectBooksInOrder(race, options);
  // While time stands still nothing expires, so nobody else may be on a site.
  EXPECT_EQ(race.double_holds.load(), 0);
  EXPECT_EQ(race.ledger.Totals().dose, static_cast<double>(race.delivered.load()));
  EXPECT_GT(race.ledger.Totals().dose, options.max_total_dose - 3);  // the budget stopped them
}

TEST(VisitLedgerRaceTest, HoldsWhenLeasesExpireAndHoldersDie) {
  const LedgerOptions options = Options(300, 3000);
  Race race(options, /*time_passes=*/true, /*revisit=*/true);
  RunAgents(race);
  ExpectBooksInOrder(race, options);
  // What nobody reported is charged as planned: never less than was delivered.
  EXPECT_GE(race.ledger.Totals().dose, static_cast<double>(race.delivered.load()));
}

TEST(VisitLedgerRaceTest, EachSiteIsVisitedOnce) {
  const LedgerOptions options = Options(3, 100);
  Race race(options, /*time_passes=*/false, /*revisit=*/false);
  RunAgents(race);
  ExpectBooksInOrder(race, options);
  EXPECT_EQ(race.double_holds.load(), 0);
  int64_t visited = 0;
  for (const Visit& visit : race.ledger.ListVisits(0, kAgents * kAttempts))
    visited += visit.dose > 0;
  EXPECT_EQ(visited, kSites);
}

}  // namespace
}  // namespace atomstream
