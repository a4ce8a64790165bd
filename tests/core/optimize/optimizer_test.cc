// What every optimiser must do, and what sets them apart.
#include "core/optimize/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/optimize/sobol.h"
#include "tests/core/optimize/test_problems.h"

namespace atomstream {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr ObjectiveVector kReference = {1, 1};

std::unique_ptr<Optimizer> Make(absl::string_view name) {
  absl::StatusOr<std::unique_ptr<Optimizer>> optimizer = MakeOptimizer(name);
  EXPECT_TRUE(optimizer.ok()) << optimizer.status();
  return std::move(optimizer).value();
}

FunctionProblem MakeZdt1(int dimension = 4) {
  return FunctionProblem(dimension, [](const UnitPoint& x) { return Zdt1(x); });
}
FunctionProblem MakeZdt2(int dimension = 4) {
  return FunctionProblem(dimension, [](const UnitPoint& x) { return Zdt2(x); });
}

std::vector<ObjectiveVector> Objectives(const OptimizerResult& result) {
  std::vector<ObjectiveVector> all;
  for (const Solution& s : result.front.solutions()) all.push_back(s.objectives);
  return all;
}

double RandomSamplingHypervolume(Problem& problem, int evaluations, uint64_t seed) {
  SplitMix64 random(seed);
  ParetoFront front;
  for (int i = 0; i < evaluations; ++i) {
    UnitPoint point(problem.dimension());
    for (double& x : point) x = random.NextUniform();
    front.Insert({point, *problem.Evaluate(point)});
  }
  return front.Hypervolume(kReference);
}

TEST(MakeOptimizerTest, UnknownNameIsAnErrorThatNamesTheKnownOnes) {
  const auto optimizer = MakeOptimizer("anneal");
  ASSERT_EQ(optimizer.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"anneal", "nsga2", "bayesian", "sobol"}) {
    EXPECT_THAT(std::string(optimizer.status().message()), HasSubstr(part));
  }
}

class EveryOptimizerTest : public ::testing::TestWithParam<const char*> {
 protected:
  const std::unique_ptr<Optimizer> optimizer_ = Make(GetParam());
  const SystemClock clock_;
};

TEST_P(EveryOptimizerTest, KnowsItsName) { EXPECT_EQ(optimizer_->name(), GetParam()); }

TEST_P(EveryOptimizerTest, SpendsTheWholeBudgetAndNeverMore) {
  for (const int budget : {1, 2, 3, 5, 7, 8, 9, 16, 41, 100, 130}) {
    FunctionProblem problem = MakeZdt1();
    const OptimizerResult result =
        optimizer_->Minimize(problem, {}, {.max_evaluations = budget}, 3, clock_);
    EXPECT_THAT(problem.asked, SizeIs(budget));
    EXPECT_EQ(result.evaluations, budget);
    EXPECT_EQ(result.infeasible, 0);
    EXPECT_FALSE(result.front.empty());
  }
}

TEST_P(EveryOptimizerTest, DeadlineInThePastGivesAnEmptyFrontWithoutEvaluating) {
  FunctionProblem problem = MakeZdt1();
  const absl::Time now = absl::FromUnixSeconds(1000);
  const TickingClock clock(now, absl::ZeroDuration());
  for (const absl::Time deadline : {now, now - absl::Seconds(1), absl::InfinitePast()}) {
    const OptimizerResult result = optimizer_->Minimize(
        problem, {{0.1, 0.2, 0.3, 0.4}}, {.max_evaluations = 50, .deadline = deadline}, 1, clock);
    EXPECT_TRUE(result.front.empty());
    EXPECT_EQ(result.evaluations, 0);
  }
  EXPECT_THAT(problem.asked, SizeIs(0));
}

TEST_P(EveryOptimizerTest, NoEvaluationStartsAfterTheDeadline) {
  const absl::Time start = absl::FromUnixSeconds(1000);
  absl::Time now = start;
  class SharedClock final : public Clock {
   public:
    explicit SharedClock(const absl::Time* now) : now_(now) {}
    absl::Time Now() const override { return *now_; }

   private:
    const absl::Time* now_;
  } clock(&now);
  // Each evaluation takes 1 ms: the 61st would start at the deadline.
  FunctionProblem problem(4, [&](const UnitPoint& x) {
    now += absl::Milliseconds(1);
    return Zdt1(x);
  });
  const OptimizerResult result = optimizer_->Minimize(
      problem, {}, {.max_evaluations = 1000, .deadline = start + absl::Milliseconds(60)}, 1, clock);
  EXPECT_EQ(result.evaluations, 60);
  EXPECT_THAT(problem.asked, SizeIs(60));
  EXPECT_FALSE(result.front.empty());
}

TEST_P(EveryOptimizerTest, EveryPointAskedIsInTheUnitCube) {
  FunctionProblem problem = MakeZdt2(5);
  optimizer_->Minimize(problem, {{-1, 2, 0.5, 0.5, 0.5}}, {.max_evaluations = 120}, 5, clock_);
  for (const UnitPoint& point : problem.asked) {
    ASSERT_THAT(point, SizeIs(5));
    for (const double x : point) {
      EXPECT_GE(x, 0);
      EXPECT_LE(x, 1);
    }
  }
}

TEST_P(EveryOptimizerTest, SameSeedGivesTheSameFront) {
  const std::vector<UnitPoint> warm_start = {{0.5, 0.3, 0.3, 0.3}, {0.9, 0.1, 0.2, 0.3}};
  FunctionProblem a = MakeZdt1(), b = MakeZdt1(), c = MakeZdt1();
  const Budget budget{.max_evaluations = 120};
  const auto first = optimizer_->Minimize(a, warm_start, budget, 42, clock_);
  const auto again = optimizer_->Minimize(b, warm_start, budget, 42, clock_);
  optimizer_->Minimize(c, warm_start, budget, 43, clock_);
  EXPECT_EQ(a.asked, b.asked);
  EXPECT_EQ(Objectives(first), Objectives(again));
  EXPECT_NE(a.asked, c.asked);
}

TEST_P(EveryOptimizerTest, WarmStartIsEvaluatedFirst) {
  const std::vector<UnitPoint> warm_start = {{0.2, 0.3, 0.3, 0.3}, {0.9, 0.1, 0.2, 0.3}};
  FunctionProblem problem = MakeZdt1();
  optimizer_->Minimize(problem, warm_start, {.max_evaluations = 40}, 1, clock_);
  ASSERT_GE(problem.asked.size(), 2u);
  EXPECT_EQ(problem.asked[0], warm_start[0]);
  EXPECT_EQ(problem.asked[1], warm_start[1]);
}

TEST_P(EveryOptimizerTest, WarmStartOnTheTrueFrontIsKept) {
  std::vector<UnitPoint> warm_start;
  for (int i = 0; i <= 4; ++i) warm_start.push_back({i / 4.0, 0.3, 0.3, 0.3});
  FunctionProblem problem = MakeZdt1();
  const OptimizerResult result =
      optimizer_->Minimize(problem, warm_start, {.max_evaluations = 60}, 1, clock_);
  for (const UnitPoint& point : warm_start) {
    EXPECT_THAT(Objectives(result), Contains(Zdt1(point)));
  }
}

TEST_P(EveryOptimizerTest, WarmStartLargerThanTheBudgetIsCut) {
  std::vector<UnitPoint> warm_start;
  for (int i = 0; i < 200; ++i) warm_start.push_back({i / 200.0, 0.3, 0.3, 0.3});
  FunctionProblem problem = MakeZdt1();
  const OptimizerResult result =
      optimizer_->Minimize(problem, warm_start, {.max_evaluations = 30}, 1, clock_);
  EXPECT_EQ(result.evaluations, 30);
  EXPECT_TRUE(std::equal(problem.asked.begin(), problem.asked.end(), warm_start.begin()));
}

TEST_P(EveryOptimizerTest, WarmStartLargerThanThePopulationLeavesTheRestForTheSearch) {
  std::vector<UnitPoint> warm_start;
  for (int i = 0; i < 200; ++i) warm_start.push_back({i / 200.0, 0.5, 0.3, 0.3});
  FunctionProblem problem = MakeZdt1();
  const OptimizerResult result =
      optimizer_->Minimize(problem, warm_start, {.max_evaluations = 260}, 1, clock_);
  EXPECT_EQ(result.evaluations, 260);
}

TEST_P(EveryOptimizerTest, WarmStartFromAnotherSearchSpaceIsIgnored) {
  FunctionProblem problem = MakeZdt1();
  const OptimizerResult result = optimizer_->Minimize(
      problem, {{0.5}, {0.1, 0.2, std::nan(""), 0.4}}, {.max_evaluations = 20}, 1, clock_);
  EXPECT_EQ(result.evaluations, 20);
  for (const UnitPoint& point : problem.asked) EXPECT_THAT(point, SizeIs(4));
}

TEST_P(EveryOptimizerTest, InfeasiblePointsAreCountedAndNeverInTheFront) {
  // The better part of the front is infeasible.
  const auto infeasible = [](const UnitPoint& x) { return x[1] < 0.5; };
  FunctionProblem problem(4, [&](const UnitPoint& x) -> std::optional<ObjectiveVector> {
    if (infeasible(x)) return std::nullopt;
    return Zdt1(x);
  });
  const OptimizerResult result =
      optimizer_->Minimize(problem, {}, {.max_evaluations = 120}, 1, clock_);
  EXPECT_EQ(result.infeasible,
            std::count_if(problem.asked.begin(), problem.asked.end(), infeasible));
  EXPECT_GT(result.infeasible, 0);
  ASSERT_FALSE(result.front.empty());
  for (const Solution& s : result.front.solutions()) {
    EXPECT_FALSE(infeasible(s.point));
    EXPECT_EQ(s.objectives, Zdt1(s.point));
  }
}

TEST_P(EveryOptimizerTest, NothingFeasibleGivesAnEmptyFrontWithinTheBudget) {
  FunctionProblem problem(3, [](const UnitPoint&) { return std::nullopt; });
  const OptimizerResult result =
      optimizer_->Minimize(problem, {}, {.max_evaluations = 70}, 1, clock_);
  EXPECT_TRUE(result.front.empty());
  EXPECT_EQ(result.evaluations, 70);
  EXPECT_EQ(result.infeasible, 70);
}

TEST_P(EveryOptimizerTest, NonFiniteObjectivesCountAsInfeasible) {
  FunctionProblem problem(3, [](const UnitPoint& x) {
    return x[0] < 0.5 ? ObjectiveVector{std::nan(""), 0} : ObjectiveVector{x[0], 1 - x[0]};
  });
  const OptimizerResult result =
      optimizer_->Minimize(problem, {}, {.max_evaluations = 60}, 1, clock_);
  EXPECT_GT(result.infeasible, 0);
  for (const Solution& s : result.front.solutions()) EXPECT_GE(s.point[0], 0.5);
}

TEST_P(EveryOptimizerTest, FlatObjectivesDoNotTripIt) {
  FunctionProblem problem(3, [](const UnitPoint&) { return ObjectiveVector{1, 1}; });
  const OptimizerResult result =
      optimizer_->Minimize(problem, {}, {.max_evaluations = 90}, 1, clock_);
  EXPECT_EQ(result.evaluations, 90);
  EXPECT_EQ(result.front.size(), 1);
}

TEST_P(EveryOptimizerTest, WorksInOneDimension) {
  FunctionProblem problem(1, [](const UnitPoint& x) {
    return ObjectiveVector{x[0], (1 - x[0]) * (1 - x[0])};
  });
  const OptimizerResult result =
      optimizer_->Minimize(problem, {}, {.max_evaluations = 80}, 1, clock_);
  // Every point is optimal; the true area is 2/3, a front of 80 even steps reaches 0.66.
  EXPECT_GT(result.front.Hypervolume(kReference), 0.95 * 2 / 3);
}

INSTANTIATE_TEST_SUITE_P(, EveryOptimizerTest, ::testing::Values("nsga2", "bayesian", "sobol"),
                         [](const auto& info) { return std::string(info.param); });

// The searching optimisers, at the evaluation budget of the LoG* default.
class SearchingOptimizerTest : public EveryOptimizerTest {};

// Shares of the known hypervolume that the mean of five seeds must reach. Measured with 40 seeds:
// nsga2 0.82 and 0.50, bayesian 0.90 and 0.65; the room below is for five seeds' scatter. Sobol
// points reach 0.41 and 0.04.
struct Shares {
  double convex, concave;
};
Shares ExpectedShares(absl::string_view optimizer) {
  return optimizer == "bayesian" ? Shares{0.82, 0.45} : Shares{0.75, 0.35};
}
constexpr int kEvaluations = 350;
constexpr int kSeeds = 5;

TEST_P(SearchingOptimizerTest, ReachesItsShareOfTheConvexFrontAndBeatsRandomSampling) {
  double found = 0, random = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    FunctionProblem problem = MakeZdt1();
    found += optimizer_->Minimize(problem, {}, {.max_evaluations = kEvaluations}, seed, clock_)
                 .front.Hypervolume(kReference) /
             kSeeds;
    random += RandomSamplingHypervolume(problem, kEvaluations, 100 + seed) / kSeeds;
  }
  RecordProperty("share", std::to_string(found / kZdt1Hypervolume));
  EXPECT_GT(found, ExpectedShares(GetParam()).convex * kZdt1Hypervolume);
  EXPECT_GT(found, 1.5 * random);
}

TEST_P(SearchingOptimizerTest, ReachesItsShareOfTheConcaveFrontAndBeatsRandomSampling) {
  double found = 0, random = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    FunctionProblem problem = MakeZdt2();
    found += optimizer_->Minimize(problem, {}, {.max_evaluations = kEvaluations}, seed, clock_)
                 .front.Hypervolume(kReference) /
             kSeeds;
    random += RandomSamplingHypervolume(problem, kEvaluations, 100 + seed) / kSeeds;
  }
  RecordProperty("share", std::to_string(found / kZdt2Hypervolume));
  EXPECT_GT(found, ExpectedShares(GetParam()).concave * kZdt2Hypervolume);
  EXPECT_GT(found, 1.5 * random);
}

TEST_P(SearchingOptimizerTest, WarmStartNearTheFrontHelpsASmallBudget) {
  // The optimum of the next frame has moved a little, as it does from frame to frame.
  std::vector<UnitPoint> warm_start;
  for (int i = 0; i <= 6; ++i) warm_start.push_back({i / 6.0, 0.33, 0.28, 0.32});
  double cold = 0, warm = 0, given = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    FunctionProblem problem = MakeZdt1();
    const Budget budget{.max_evaluations = 60};
    cold += optimizer_->Minimize(problem, {}, budget, seed, clock_).front.Hypervolume(kReference);
    warm += optimizer_->Minimize(problem, warm_start, budget, seed, clock_)
                .front.Hypervolume(kReference);
    ParetoFront front;
    for (const UnitPoint& point : warm_start) front.Insert({point, Zdt1(point)});
    given += front.Hypervolume(kReference);
  }
  EXPECT_GT(warm, cold);
  EXPECT_GT(warm, 1.02 * given);  // not only kept: improved upon
}

INSTANTIATE_TEST_SUITE_P(, SearchingOptimizerTest, ::testing::Values("nsga2", "bayesian"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace atomstream
