#include "core/optimize/bayesian_optimizer.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "core/optimize/budgeted_evaluator.h"
#include "core/optimize/expected_hypervolume.h"
#include "core/optimize/gaussian_process.h"
#include "core/optimize/sobol.h"

namespace atomstream {
namespace {

constexpr int kMaxTrainingPoints = 150;   // bounds the cost of a fit
constexpr int kMaxLikelihoodPoints = 60;  // bounds the cost of the search for parameters
constexpr int kGlobalCandidates = 64;
constexpr int kLocalCandidates = 128;
constexpr int kRound = 10;  // evaluations a fit

struct Record {
  UnitPoint point;
  std::optional<ObjectiveVector> objectives;  // nullopt: infeasible
};

// A rising map of one objective to the model's scale: linear near the best value, logarithmic far
// from it (objectives of bad points reach many times the interesting range), then standardised.
class Warp {
 public:
  explicit Warp(std::vector<double> values) {
    if (values.empty()) return;
    const auto middle = values.begin() + static_cast<int>(values.size()) / 2;
    std::nth_element(values.begin(), middle, values.end());
    best_ = *std::min_element(values.begin(), values.end());
    const double spread = 0.5 * (*middle - best_);
    // A flat half says nothing about the scale: take the whole range then.
    const double range = *std::max_element(values.begin(), values.end()) - best_;
    scale_ = spread > 0 ? spread : std::max(0.5 * range, 1e-9);
    double sum = 0, squares = 0;
    for (const double value : values) {
      const double warped = Log(value);
      sum += warped;
      squares += warped * warped;
    }
    const double n = static_cast<double>(values.size());
    mean_ = sum / n;
    const double variance = squares / n - mean_ * mean_;
    if (variance > 1e-18) deviation_ = std::sqrt(variance);
  }
  double operator()(double value) const { return (Log(value) - mean_) / deviation_; }

 private:
  // Values better than any so far continue the line.
  double Log(double value) const {
    const double x = (value - best_) / scale_;
    return x > 0 ? std::log1p(x) : x;
  }
  double best_ = 0, scale_ = 1, mean_ = 0, deviation_ = 1;
};

// One call of Minimize.
class Search {
 public:
  Search(BudgetedEvaluator& evaluator, uint64_t seed)
      : evaluator_(evaluator),
        dimension_(evaluator.dimension()),
        random_(seed),
        sobol_(dimension_, random_.Next()) {
    for (GaussianProcessParams& params : params_) {
      params.length_scales = Eigen::ArrayXd::Constant(dimension_, 0.5);
    }
  }

  void Run(const std::vector<UnitPoint>& warm_start, int max_evaluations) {
    for (const UnitPoint& point : UsableWarmStart(warm_start, dimension_)) Evaluate(point);
    // A first look at the whole space: a warm start knows only its own corner.
    const int wanted = std::clamp(max_evaluations / 5, 1, 2 * dimension_ + 6);
    const int unseen = warm_start.empty() ? wanted : std::max(dimension_ + 1, wanted / 2);
    for (int i = 0; i < unseen && !evaluator_.exhausted(); ++i) Evaluate(sobol_.Next());
    while (!evaluator_.exhausted()) Round();
  }

 private:
  std::optional<ObjectiveVector> Evaluate(const UnitPoint& point) {
    if (evaluator_.exhausted()) return std::nullopt;
    const std::optional<ObjectiveVector> y = evaluator_.Evaluate(point);
    records_.push_back({point, y});
    return y;
  }

  // Indices into records_: all when few, else the front's and the newest others.
  std::vector<int> TrainingSet() const {
    const int count = static_cast<int>(records_.size());
    std::vector<int> chosen;
    chosen.reserve(std::min(count, kMaxTrainingPoints));
    if (count <= kMaxTrainingPoints) {
      for (int i = 0; i < count; ++i) chosen.push_back(i);
      return chosen;
    }
    std::vector<char> in_front(count, 0);
    ParetoFront front;
    for (int i = 0; i < count; ++i) {
      if (records_[i].objectives) front.Insert({{static_cast<double>(i)}, *records_[i].objectives});
    }
    for (const Solution& s : front.solutions()) in_front[static_cast<int>(s.point[0])] = 1;
    for (const char wanted : {1, 0}) {
      for (int i = count; i-- > 0 && static_cast<int>(chosen.size()) < kMaxTrainingPoints;) {
        if (in_front[i] == wanted) chosen.push_back(i);
      }
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  // Points of which the best is evaluated: all over the cube, and steps of many sizes from members
  // of the front.
  std::vector<UnitPoint> Candidates() {
    std::vector<UnitPoint> candidates;
    candidates.reserve(kGlobalCandidates + kLocalCandidates);
    for (int i = 0; i < kGlobalCandidates; ++i) candidates.push_back(sobol_.Next());
    const std::vector<Solution>& front = evaluator_.front().solutions();
    for (int i = 0; i < kLocalCandidates; ++i) {
      UnitPoint point = front[random_.Next() % front.size()].point;
      const double step = 0.3 * std::pow(0.03, random_.NextUniform());  // 0.3 … 0.01
      const size_t always = random_.Next() % point.size();
      for (size_t d = 0; d < point.size(); ++d) {
        if (d != always && random_.NextUniform() < 0.5) continue;
        point[d] = std::clamp(point[d] + step * (2 * random_.NextUniform() - 1), 0.0, 1.0);
      }
      candidates.push_back(std::move(point));
    }
    return candidates;
  }

  Eigen::MatrixXd PointsOf(const std::vector<int>& records) const {
    Eigen::MatrixXd points(records.size(), dimension_);
    for (size_t i = 0; i < records.size(); ++i) {
      for (int d = 0; d < dimension_; ++d) points(i, d) = records_[records[i]].point[d];
    }
    return points;
  }

  // Values of one objective on the model's scale; infeasible points count as the worst one.
  Eigen::VectorXd ValuesOf(const std::vector<int>& records, int objective, const Warp& warp) const {
    Eigen::VectorXd values(records.size());
    double worst = -std::numeric_limits<double>::infinity();
    for (const int r : records) {
      if (records_[r].objectives)
        worst = std::max(worst, warp((*records_[r].objectives)[objective]));
    }
    for (size_t i = 0; i < records.size(); ++i) {
      const auto& y = records_[records[i]].objectives;
      values[i] = y ? warp((*y)[objective]) : worst;
    }
    return values;
  }

  Warp WarpOf(const std::vector<int>& records, int objective) const {
    std::vector<double> values;
    for (const int r : records) {
      if (records_[r].objectives) values.push_back((*records_[r].objectives)[objective]);
    }
    return Warp(std::move(values));
  }

  // The parameters follow the data when it has grown by half since they were last searched for.
  void RefitParams(const Eigen::MatrixXd& points, const std::array<Eigen::VectorXd, 2>& values) {
    const int records = static_cast<int>(records_.size());
    if (records < next_refit_) return;
    const int sweeps = next_refit_ == 0 ? 4 : 2;
    next_refit_ = records + std::max(records / 2, kRound);
    const Eigen::Index n = std::min<Eigen::Index>(points.rows(), kMaxLikelihoodPoints);
    for (int k = 0; k < 2; ++k) {
      params_[k] =
          SearchLikelihood(points.bottomRows(n), values[k].tail(n), std::move(params_[k]), sweeps);
    }
  }

  static GaussianProcess FitWithEnoughNoise(const Eigen::MatrixXd& points,
                                            const Eigen::VectorXd& values,
                                            GaussianProcessParams params) {
    while (true) {
      std::optional<GaussianProcess> process = GaussianProcess::Fit(points, values, params);
      if (process) return *std::move(process);
      params.noise *= 10;  // ends: with noise above the number of points it is always definite
    }
  }

  void Round();

  BudgetedEvaluator& evaluator_;
  const int dimension_;
  SplitMix64 random_;
  SobolSequence sobol_;
  std::vector<Record> records_;
  std::array<GaussianProcessParams, 2> params_;
  int next_refit_ = 0;
};

void Search::Round() {
  if (evaluator_.front().empty()) {  // nothing feasible yet, so nothing to model
    Evaluate(sobol_.Next());
    return;
  }
  const std::vector<int> training = TrainingSet();
  const std::array<Warp, 2> warps = {WarpOf(training, 0), WarpOf(training, 1)};
  const Eigen::MatrixXd points = PointsOf(training);
  const std::array<Eigen::VectorXd, 2> values = {ValuesOf(training, 0, warps[0]),
                                                 ValuesOf(training, 1, warps[1])};
  RefitParams(points, values);

  const std::vector<UnitPoint> candidates = Candidates();
  const int count = static_cast<int>(candidates.size());
  Eigen::MatrixXd candidate_points(count, dimension_);
  for (int i = 0; i < count; ++i) {
    for (int d = 0; d < dimension_; ++d) candidate_points(i, d) = candidates[i][d];
  }
  std::array<CandidatePosterior, 2> posteriors = {
      CandidatePosterior(FitWithEnoughNoise(points, values[0], params_[0]), candidate_points,
                         kRound),
      CandidatePosterior(FitWithEnoughNoise(points, values[1], params_[1]), candidate_points,
                         kRound)};

  const auto warped = [&](const ObjectiveVector& y) {
    return ObjectiveVector{warps[0](y[0]), warps[1](y[1])};
  };
  const ObjectiveVector worst = {values[0].maxCoeff(), values[1].maxCoeff()};

  // Improvements only shrink while the front grows and deviations fall (means may move a little),
  // so a stale value stands in for an upper bound: only the leader is brought up to date.
  std::vector<double> improvement(count, std::numeric_limits<double>::infinity());
  std::vector<int> updated_at(count, -1);
  std::vector<char> used(count, 0);
  for (int pick = 0; pick < kRound && !evaluator_.exhausted(); ++pick) {
    std::vector<ObjectiveVector> front;
    for (const Solution& s : evaluator_.front().solutions()) front.push_back(warped(s.objectives));
    ObjectiveVector reference;
    for (int k = 0; k < 2; ++k) {
      const double ideal = k == 0 ? front.front()[0] : front.back()[1];
      const double nadir = k == 0 ? front.back()[0] : front.front()[1];
      // A little beyond the front, so that its ends can grow; at least the mean of what was seen.
      reference[k] = std::max(nadir + 0.1 * (nadir - ideal) + 0.01, 0.0);
    }
    const ExpectedHypervolume expected(front, reference);

    int best = 0;
    while (true) {
      best = -1;
      for (int i = 0; i < count; ++i) {
        if (!used[i] && (best < 0 || improvement[i] > improvement[best])) best = i;
      }
      if (updated_at[best] == pick) break;
      updated_at[best] = pick;
      improvement[best] = expected.Improvement(
          {posteriors[0].mean(best), posteriors[1].mean(best)},
          {std::sqrt(posteriors[0].variance(best)), std::sqrt(posteriors[1].variance(best))});
    }
    used[best] = 1;
    if (evaluator_.exhausted()) return;
    const std::optional<ObjectiveVector> y = Evaluate(candidates[best]);
    const ObjectiveVector seen = y ? warped(*y) : worst;
    for (int k = 0; k < 2; ++k) posteriors[k].Observe(best, seen[k]);
  }
}

}  // namespace

OptimizerResult BayesianOptimizer::Minimize(Problem& problem,
                                            const std::vector<UnitPoint>& warm_start,
                                            const Budget& budget, uint64_t seed,
                                            const Clock& clock) const {
  BudgetedEvaluator evaluator(problem, budget, clock);
  if (evaluator.exhausted()) return evaluator.TakeResult();
  try {
    Search(evaluator, seed).Run(warm_start, budget.max_evaluations);
  } catch (const std::exception&) {
    // Anytime: what was found before memory ran out stands.
  }
  return evaluator.TakeResult();
}

}  // namespace atomstream
