#include "core/optimize/nsga2_optimizer.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <pagmo/utils/multi_objective.hpp>
#include <utility>

#include "core/optimize/budgeted_evaluator.h"
#include "core/optimize/sobol.h"

namespace atomstream {
namespace {

// Objectives of an infeasible point (and of one that came after the budget's end): dominated by
// every real one, finite so that pagmo's crowding distance stays finite.
constexpr double kPenalty = 1e12;

// Warm-start steps: standard deviation in units of the search space's side.
constexpr double kWarmStartStep = 0.05;

// pagmo copies its user-defined problem freely, so the state is shared by pointer.
struct PagmoProblem {
  BudgetedEvaluator* evaluator = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    const std::optional<ObjectiveVector> y = evaluator->Evaluate(point);
    if (!y.has_value()) return {kPenalty, kPenalty};
    return {(*y)[0], (*y)[1]};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    const size_t n = evaluator == nullptr ? 1 : evaluator->dimension();
    return {pagmo::vector_double(n, 0.0), pagmo::vector_double(n, 1.0)};
  }
  pagmo::vector_double::size_type get_nobj() const { return 2; }
  // The evaluator belongs to the calling thread.
  pagmo::thread_safety get_thread_safety() const { return pagmo::thread_safety::none; }
};

// pagmo wants a multiple of 4, at least 8.
int PopulationSize(int max_evaluations) {
  const int wanted = static_cast<int>(std::lround(std::sqrt(max_evaluations) / 4)) * 4;
  return std::clamp(wanted, 8, 64);
}

// The first `size` points to look at (more if the warm start has more): the warm start, then (if
// there is one) steps around its members up to half of `size`, then Sobol points.
std::vector<UnitPoint> FirstPoints(std::vector<UnitPoint> warm_start, int dimension, int size,
                                   SplitMix64& random) {
  SobolSequence sequence(dimension, random.Next());
  std::vector<UnitPoint> points = std::move(warm_start);
  const int warm = static_cast<int>(points.size());
  for (int i = 0; warm > 0 && static_cast<int>(points.size()) < size / 2; ++i) {
    UnitPoint step = points[i % warm];
    for (double& x : step) {
      // Sum of three uniforms: variance 1/4, close enough to a Gaussian.
      const double z = random.NextUniform() + random.NextUniform() + random.NextUniform() - 1.5;
      x = std::clamp(x + 2 * kWarmStartStep * z, 0.0, 1.0);
    }
    points.push_back(std::move(step));
  }
  while (static_cast<int>(points.size()) < size) points.push_back(sequence.Next());
  return points;
}

void Evolve(BudgetedEvaluator& evaluator, const std::vector<UnitPoint>& warm_start,
            const Budget& budget, uint64_t seed) {
  SplitMix64 random(seed);
  const int size = PopulationSize(budget.max_evaluations);
  const int dimension = evaluator.dimension();

  const PagmoProblem problem{&evaluator};
  // A quarter of the budget, as a population of this size alone sees too little of the space.
  const int first = std::max(size, budget.max_evaluations / 4);
  const std::vector<pagmo::vector_double> points =
      FirstPoints(UsableWarmStart(warm_start, dimension), dimension, first, random);
  std::vector<pagmo::vector_double> fitness;
  fitness.reserve(points.size());
  for (const UnitPoint& point : points) fitness.push_back(problem.fitness(point));
  if (evaluator.exhausted()) return;

  // These compete for the places in the population.
  pagmo::population population(problem, 0, static_cast<unsigned>(random.Next()));
  for (const auto i : pagmo::select_best_N_mo(fitness, size)) {
    population.push_back(points[i], fitness[i]);
  }
  const pagmo::nsga2 algorithm(/*gen=*/1, /*cr=*/0.95, /*eta_c=*/10, /*m=*/1.0 / dimension,
                               /*eta_m=*/10, static_cast<unsigned>(random.Next()));
  while (!evaluator.exhausted()) population = algorithm.evolve(std::move(population));
}

}  // namespace

OptimizerResult Nsga2Optimizer::Minimize(Problem& problem, const std::vector<UnitPoint>& warm_start,
                                         const Budget& budget, uint64_t seed,
                                         const Clock& clock) const {
  BudgetedEvaluator evaluator(problem, budget, clock);
  if (evaluator.exhausted()) return evaluator.TakeResult();
  try {
    Evolve(evaluator, warm_start, budget, seed);
  } catch (const std::exception&) {
    // Anytime: what was found before pagmo gave up (out of memory) stands.
  }
  return evaluator.TakeResult();
}

}  // namespace atomstream
