// Agents that race for the same sites while frames come in, callers go, targets are withdrawn and
// the beam fails: run it under ThreadSanitizer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/server/targeting/desk_fixture.h"

namespace atomstream {
namespace {

constexpr int kAgents = 8;
constexpr int kVisitsOfAnAgent = 150;

class VisitRaceTest : public DeskFixture {
 protected:
  struct Tally {
    int accepted = 0;
    int refused = 0;
    int done = 0;
    int completed = 0;
  };

  // One agent: asks for visits of random targets; leaves now and then before the end.
  void Act(int agent, bool revisit, Tally& tally) {
    std::mt19937 random(agent);
    for (int i = 0; i < kVisitsOfAnAgent; ++i) {
      VisitRequest request = RequestFor(random() % targets_.size());
      request.holder = absl::StrCat("agent-", agent);
      request.allow_revisit = revisit;
      Waiter waiter;
      const auto job = targeting_->desk().Submit(request, waiter.done());
      if (!job.ok()) {
        ++tally.refused;
        std::this_thread::yield();
        continue;
      }
      ++tally.accepted;
      if (random() % 4 == 0) targeting_->desk().Cancel(**job.value);
      if (waiter.Wait().refusal.ok()) ++tally.completed;
      ++tally.done;
    }
  }

  Tally Race(bool revisit) {
    std::atomic<bool> stop{false};
    std::thread frames([&] {
      while (!stop) {
        Show();
        std::this_thread::yield();
      }
    });
    std::vector<Tally> tallies(kAgents);
    std::vector<std::thread> agents;
    for (int agent = 0; agent < kAgents; ++agent) {
      agents.emplace_back([&, agent] { Act(agent, revisit, tallies[agent]); });
    }
    // Limits change all the time, to none above the test's.
    std::thread reloads([&] {
      for (int i = 0; !stop; ++i) {
        TargetingOptions options = options_;
        if (i % 2 == 0) options.ledger.max_site_dose /= 3;
        if (i % 3 == 0) options.ledger.max_total_dose /= 2;
        if (i % 4 == 0) options.visit_queue = 1;
        targeting_->SetOptions(options);
        std::this_thread::yield();
      }
    });
    for (std::thread& agent : agents) agent.join();
    stop = true;
    frames.join();
    reloads.join();
    Tally sum;
    for (const Tally& tally : tallies) {
      sum.accepted += tally.accepted;
      sum.refused += tally.refused;
      sum.done += tally.done;
      sum.completed += tally.completed;
    }
    EXPECT_EQ(sum.accepted + sum.refused, kAgents * kVisitsOfAnAgent);
    EXPECT_EQ(sum.done, sum.accepted);
    return sum;
  }

  TargetingOptions options_;

  int64_t CountAll() const {
    int64_t visits = 0;
    for (const Counter* counter : metrics_.visits) visits += counter->value();
    return visits;
  }
};

TEST_F(VisitRaceTest, NeverVisitsASiteTwiceUnasked) {
  Begin();
  const Tally tally = Race(/*revisit=*/false);
  const LedgerTotals totals = targeting_->ledger().Totals();
  EXPECT_EQ(totals.visits, tally.accepted);
  EXPECT_EQ(CountAll(), tally.accepted);
  EXPECT_EQ(totals.leases, 0);
  EXPECT_EQ(totals.overruns, 0);
  EXPECT_FALSE(beam_.was_doubly_on());
  EXPECT_FALSE(beam_.on());
  std::map<int64_t, int> exposed;
  for (const Visit& visit : targeting_->ledger().ListVisits(0, 10'000)) {
    if (visit.dose > 0) ++exposed[visit.site];
  }
  for (const auto& [site, times] : exposed) EXPECT_EQ(times, 1) << site;
  EXPECT_GE(exposed.size(), 1u);
}

TEST_F(VisitRaceTest, KeepsTheDoseBoundsWhileTheBeamFails) {
  TargetingOptions options;
  options.ledger.max_site_dose = 1.5;
  options.ledger.max_total_dose = 7;
  std::atomic<int> placements{0};
  beam_.OnPlaced([&] {
    constexpr std::array kManners = {FakeBeam::Manner::kObey, FakeBeam::Manner::kFail,
                                     FakeBeam::Manner::kTimeOut, FakeBeam::Manner::kThrow};
    const int number = ++placements;
    beam_.Behave(kManners[number % kManners.size()]);
    if (number % 3 == 0) beam_.FailNextBlanks(2);
  });
  options_ = options;
  Begin(options);
  const Tally tally = Race(/*revisit=*/true);
  const LedgerTotals totals = targeting_->ledger().Totals();
  EXPECT_EQ(totals.visits, tally.accepted);
  EXPECT_LE(totals.dose, 7 + 1e-9);  // sums of decimal fractions
  EXPECT_EQ(totals.overruns, 0);
  for (const int64_t target : targets_) {
    EXPECT_LE(targeting_->ledger().SiteDose(target), 1.5 + 1e-9);
  }
  EXPECT_FALSE(beam_.was_doubly_on());
  EXPECT_FALSE(beam_.on());
  EXPECT_GT(placements, 10);
}

TEST_F(VisitRaceTest, AccountsForEveryVisitWhenTheDaemonStops) {
  Begin();
  std::vector<Tally> tallies(kAgents);
  std::vector<std::thread> agents;
  for (int agent = 0; agent < kAgents; ++agent) {
    agents.emplace_back([&, agent] { Act(agent, /*revisit=*/true, tallies[agent]); });
  }
  beam_.WaitUntilPlaced(20);
  EXPECT_TRUE(targeting_->Shutdown());
  EXPECT_FALSE(beam_.on());
  for (std::thread& agent : agents) agent.join();
  int accepted = 0;
  for (const Tally& tally : tallies) {
    EXPECT_EQ(tally.done, tally.accepted);
    accepted += tally.accepted;
  }
  EXPECT_EQ(targeting_->ledger().Totals().visits, accepted);
  EXPECT_FALSE(beam_.on());
}

}  // namespace
}  // namespace atomstream
