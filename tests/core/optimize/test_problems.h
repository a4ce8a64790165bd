// Problems with known fronts, and a clock that moves when told, for the optimiser tests.
#ifndef ATOMSTREAM_TESTS_CORE_OPTIMIZE_TEST_PROBLEMS_H_
#define ATOMSTREAM_TESTS_CORE_OPTIMIZE_TEST_PROBLEMS_H_

#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/optimize/problem.h"

namespace atomstream {

// Any function as a Problem; remembers what was asked.
class FunctionProblem : public Problem {
 public:
  using Function = std::function<std::optional<ObjectiveVector>(const UnitPoint&)>;

  FunctionProblem(int dimension, Function function)
      : dimension_(dimension), function_(std::move(function)) {}

  int dimension() const override { return dimension_; }
  std::optional<ObjectiveVector> Evaluate(const UnitPoint& point) override {
    asked.push_back(point);
    return function_(point);
  }

  std::vector<UnitPoint> asked;

 private:
  const int dimension_;
  const Function function_;
};

// How far a point is from the optimal set {x_1 … = optimum}, scaled as in Zitzler, Deb and Thiele
// (2000). They put the optimum at 0; an inner optimum is harder, as clamping cannot find it.
inline double DistanceTerm(const UnitPoint& x, double optimum) {
  double sum = 0;
  for (size_t i = 1; i < x.size(); ++i) sum += std::abs(x[i] - optimum);
  return 1 + 9 * sum / static_cast<double>(x.size() - 1);
}

// ZDT1: convex front f2 = 1 - sqrt(f1). Hypervolume with reference (1, 1): the integral of
// sqrt(f1), 2/3.
inline ObjectiveVector Zdt1(const UnitPoint& x, double optimum = 0.3) {
  const double g = DistanceTerm(x, optimum);
  return {x[0], g * (1 - std::sqrt(x[0] / g))};
}
inline constexpr double kZdt1Hypervolume = 2.0 / 3;

// ZDT2: concave front f2 = 1 - f1^2. Hypervolume with reference (1, 1): the integral of f1^2, 1/3.
inline ObjectiveVector Zdt2(const UnitPoint& x, double optimum = 0.3) {
  const double g = DistanceTerm(x, optimum);
  return {x[0], g * (1 - (x[0] / g) * (x[0] / g))};
}
inline constexpr double kZdt2Hypervolume = 1.0 / 3;

// A clock that goes forward by `tick` each time it is read.
class TickingClock final : public Clock {
 public:
  TickingClock(absl::Time start, absl::Duration tick) : now_(start), tick_(tick) {}
  absl::Time Now() const override {
    const absl::Time now = now_;
    now_ += tick_;
    return now;
  }

 private:
  mutable absl::Time now_;
  const absl::Duration tick_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CORE_OPTIMIZE_TEST_PROBLEMS_H_
