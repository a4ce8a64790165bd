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
#include "core/optimize/objective_scale.h"
#include "core/optimize/sobol.h"

namespace atomstream {
namespace {

constexpr int kMaxTrainingPoints = 100;   // bounds the cost of a fit
constexpr int kMaxLikelihoodPoints = 40;  // bounds the cost of the search for parameters
constexpr int kGlobalCandidates = 48;     // a round's wide choice …
constexpr int kLocalCandidates = 64;
constexpr int kKept = 24;         // … of which so many stay, the best kSteppedFrom of them
constexpr int kSteppedFrom = 12;  // with steps around them
constexpr int kRefined = 80;
constexpr double kLargestStep = 0.3, kLargestRefiningStep = 0.1;  // sides of the unit cube
constexpr double kStepRange = 0.02;                               // smallest step over largest
constexpr int kRound = 5;                                         // evaluations a fit

struct Record {
  UnitPoint point;
  std::optional<ObjectiveVector> objectives;  // nullopt: infeasible
};

Eigen::MatrixXd AsMatrix(const std::vector<UnitPoint>& points) {
  Eigen::MatrixXd matrix(points.size(), points.front().size());
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index d = 0; d < matrix.cols(); ++d) matrix(i, d) = points[i][d];
  }
  return matrix;
}

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
    const std::vector<UnitPoint> known = UsableWarmStart(warm_start, dimension_);
    for (const UnitPoint& point : known) Evaluate(point);
    // A first look at the whole space: a warm start knows only its own corner.
    const int wanted = std::clamp(max_evaluations / 5, 1, 2 * dimension_ + 6);
    const int unseen = known.empty() ? wanted : std::max(dimension_ + 1, wanted / 2);
    for (int i = 0; i < unseen && !evaluator_.exhausted(); ++i) Survey();
    while (!evaluator_.exhausted()) Round();
  }

 private:
  // A refused point is recorded as infeasible; nothing reads the records after that.
  std::optional<ObjectiveVector> Evaluate(const UnitPoint& point) {
    const std::optional<ObjectiveVector> y = evaluator_.Evaluate(point);
    records_.push_back({point, y});
    return y;
  }

  // Evaluates a point that no earlier result had a say in.
  void Survey() {
    const std::optional<ObjectiveVector> y = Evaluate(sobol_.Next());
    if (!y) return;
    for (int k = 0; k < 2; ++k) survey_[k].push_back((*y)[k]);
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

  // A wide choice: points all over the cube, and steps from members of the front.
  std::vector<UnitPoint> Candidates() {
    std::vector<UnitPoint> candidates;
    candidates.reserve(kGlobalCandidates + kLocalCandidates);
    for (int i = 0; i < kGlobalCandidates; ++i) candidates.push_back(sobol_.Next());
    const std::vector<Solution>& front = evaluator_.front().solutions();
    for (int i = 0; i < kLocalCandidates; ++i) {
      candidates.push_back(StepFrom(front[random_.Next() % front.size()].point, kLargestStep));
    }
    return candidates;
  }

  // `point` moved in some coordinates (at least one), by steps of very different sizes.
  UnitPoint StepFrom(UnitPoint point, double largest) {
    const double step = largest * std::pow(kStepRange, random_.NextUniform());
    const size_t always = random_.Next() % point.size();
    for (size_t d = 0; d < point.size(); ++d) {
      if (d != always && random_.NextUniform() < 0.5) continue;
      point[d] = std::clamp(point[d] + step * (2 * random_.NextUniform() - 1), 0.0, 1.0);
    }
    return point;
  }

  Eigen::MatrixXd PointsOf(const std::vector<int>& records) const {
    std::vector<UnitPoint> points;
    points.reserve(records.size());
    for (const int r : records) points.push_back(records_[r].point);
    return AsMatrix(points);
  }

  // Values of one objective on the model's scale; infeasible points count as the worst one.
  Eigen::VectorXd ValuesOf(const std::vector<int>& records, int objective,
                           const ObjectiveScale& scale) const {
    Eigen::VectorXd values(records.size());
    double worst = -std::numeric_limits<double>::infinity();
    for (const int r : records) {
      if (records_[r].objectives)
        worst = std::max(worst, scale((*records_[r].objectives)[objective]));
    }
    for (size_t i = 0; i < records.size(); ++i) {
      const auto& y = records_[records[i]].objectives;
      values[i] = y ? scale((*y)[objective]) : worst;
    }
    return values;
  }

  ObjectiveScale ScaleOf(const std::vector<int>& records, int objective) const {
    std::vector<double> values;
    for (const int r : records) {
      if (records_[r].objectives) values.push_back((*records_[r].objectives)[objective]);
    }
    return ObjectiveScale(survey_[objective], values);
  }

  // The parameters follow the data when it has grown by half since they were last searched for.
  void RefitParams(const Eigen::MatrixXd& points, const std::array<Eigen::VectorXd, 2>& values) {
    const int records = static_cast<int>(records_.size());
    if (records < next_refit_) return;
    const int sweeps = next_refit_ == 0 ? 4 : 2;
    next_refit_ = records + std::max(records / 2, kRound);
    // Evenly from old (spread out) to new (close to the front).
    const Eigen::Index n = std::min<Eigen::Index>(points.rows(), kMaxLikelihoodPoints);
    const Eigen::ArrayXi chosen = Eigen::ArrayXd::LinSpaced(n, 0, points.rows() - 1).cast<int>();
    for (int k = 0; k < 2; ++k) {
      params_[k] = SearchLikelihood(points(chosen, Eigen::all), values[k](chosen),
                                    std::move(params_[k]), sweeps);
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

  struct Model;
  class CandidatePool;
  Model FitModel();
  ExpectedHypervolume Expected(const Model& model) const;
  std::vector<UnitPoint> Promising(const Model& model);
  void Round();

  BudgetedEvaluator& evaluator_;
  const int dimension_;
  SplitMix64 random_;
  SobolSequence sobol_;
  std::vector<Record> records_;
  std::array<std::vector<double>, 2> survey_;  // objectives of the feasible surveyed points
  std::array<GaussianProcessParams, 2> params_;
  int next_refit_ = 0;
};

// One Gaussian process an objective, each on its own scale.
struct Search::Model {
  std::array<ObjectiveScale, 2> scales;
  std::array<GaussianProcess, 2> processes;
  ObjectiveVector worst;  // scaled; stands for infeasible

  ObjectiveVector Scaled(const ObjectiveVector& y) const {
    return {scales[0](y[0]), scales[1](y[1])};
  }
};

// Points with the models' current predictions, each to be taken once.
class Search::CandidatePool {
 public:
  CandidatePool(const Model& model, std::vector<UnitPoint> points, int max_observations)
      : points_(std::move(points)),
        posteriors_{CandidatePosterior(model.processes[0], AsMatrix(points_), max_observations),
                    CandidatePosterior(model.processes[1], AsMatrix(points_), max_observations)},
        improvement_(points_.size(), std::numeric_limits<double>::infinity()) {}

  const UnitPoint& point(int i) const { return points_[i]; }

  // The candidate with the largest expected improvement of those not yet taken.
  //
  // Improvements mostly shrink while the front grows and deviations fall (a mean may still move the
  // other way), so what was computed for an earlier call stands in for an upper bound: only the
  // leader is brought up to date, until it stays the leader.
  int Take(const ExpectedHypervolume& expected) {
    int checked = -1;
    while (true) {
      const int leader = static_cast<int>(
          std::max_element(improvement_.begin(), improvement_.end()) - improvement_.begin());
      if (leader == checked) {
        improvement_[leader] = -1;  // below every real one: taken
        return leader;
      }
      improvement_[leader] = expected.Improvement(
          {posteriors_[0].mean(leader), posteriors_[1].mean(leader)},
          {std::sqrt(posteriors_[0].variance(leader)), std::sqrt(posteriors_[1].variance(leader))});
      checked = leader;
    }
  }

  void Observe(int i, const ObjectiveVector& scaled) {
    for (int k = 0; k < 2; ++k) posteriors_[k].Observe(i, scaled[k]);
  }

 private:
  std::vector<UnitPoint> points_;
  std::array<CandidatePosterior, 2> posteriors_;
  std::vector<double> improvement_;
};

Search::Model Search::FitModel() {
  const std::vector<int> training = TrainingSet();
  const std::array<ObjectiveScale, 2> scales = {ScaleOf(training, 0), ScaleOf(training, 1)};
  const Eigen::MatrixXd points = PointsOf(training);
  const std::array<Eigen::VectorXd, 2> values = {ValuesOf(training, 0, scales[0]),
                                                 ValuesOf(training, 1, scales[1])};
  RefitParams(points, values);
  return {scales,
          {FitWithEnoughNoise(points, values[0], params_[0]),
           FitWithEnoughNoise(points, values[1], params_[1])},
          {values[0].maxCoeff(), values[1].maxCoeff()}};
}

ExpectedHypervolume Search::Expected(const Model& model) const {
  std::vector<ObjectiveVector> front;
  for (const Solution& s : evaluator_.front().solutions()) {
    front.push_back(model.Scaled(s.objectives));
  }
  const ObjectiveVector ideal = evaluator_.front().IdealPoint();
  const ObjectiveVector nadir = evaluator_.front().NadirPoint();
  ObjectiveVector reference;
  for (int k = 0; k < 2; ++k) {
    reference[k] = model.scales[k](model.scales[k].Reference(ideal[k], nadir[k]));
  }
  return ExpectedHypervolume(front, reference);
}

// The most promising of a wide choice, and steps around these.
std::vector<UnitPoint> Search::Promising(const Model& model) {
  CandidatePool wide(model, Candidates(), 0);
  const ExpectedHypervolume expected = Expected(model);
  std::vector<UnitPoint> promising;
  promising.reserve(kKept + kRefined);
  for (int i = 0; i < kKept; ++i) promising.push_back(wide.point(wide.Take(expected)));
  for (int i = 0; i < kRefined; ++i) {
    promising.push_back(StepFrom(promising[i % kSteppedFrom], kLargestRefiningStep));
  }
  return promising;
}

void Search::Round() {
  if (evaluator_.front().empty()) {  // nothing feasible yet, so nothing to model
    Survey();
    return;
  }
  const Model model = FitModel();
  CandidatePool pool(model, Promising(model), kRound);
  for (int i = 0; i < kRound && !evaluator_.exhausted(); ++i) {
    const int best = pool.Take(Expected(model));
    const std::optional<ObjectiveVector> y = Evaluate(pool.point(best));
    pool.Observe(best, y ? model.Scaled(*y) : model.worst);
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
