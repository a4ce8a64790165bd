#include "core/structure/mixture_fit.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "Eigen/Eigenvalues"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr int kMaxComponents = 32;
constexpr int kLloydIterations = 10;
constexpr int kTrialIterations = 10;      // of EM, before the best restart goes on alone
constexpr double kTrialTolerance = 1e-4;  // while numbers of components are compared
// Splits of a component that are tried when there is to be one more.
constexpr size_t kSplits = 2;
// Numbers of components in a row that do not lower the BIC before larger ones are left untried.
constexpr int kPatience = 2;

// Uniform in [0, 1), from the engine alone: the library's distributions differ between versions.
double Uniform(std::mt19937_64& engine) { return static_cast<double>(engine() >> 11) * 0x1p-53; }

using SquaredDistances = Eigen::VectorXf;

SquaredDistances DistancesTo(const PointMatrix& points, const Eigen::RowVectorXf& centre) {
  return (points.rowwise() - centre).rowwise().squaredNorm();
}

// `count` points, each as far as possible from those before; the first next to the mean.
Eigen::MatrixXf FarthestCentres(const PointMatrix& points, int count) {
  Eigen::MatrixXf centres(count, points.cols());
  Eigen::Index chosen;
  DistancesTo(points, points.colwise().mean()).minCoeff(&chosen);
  SquaredDistances nearest;
  for (int k = 0; k < count; ++k) {
    if (k > 0) nearest.maxCoeff(&chosen);
    centres.row(k) = points.row(chosen);
    const SquaredDistances to = DistancesTo(points, centres.row(k));
    nearest = k == 0 ? to : SquaredDistances(nearest.cwiseMin(to));
  }
  return centres;
}

// k-means++: each centre drawn with a probability that grows with the squared distance to those
// before.
Eigen::MatrixXf DrawnCentres(const PointMatrix& points, int count, std::mt19937_64& engine) {
  const int size = static_cast<int>(points.rows());
  Eigen::MatrixXf centres(count, points.cols());
  SquaredDistances nearest;
  for (int k = 0; k < count; ++k) {
    int chosen = static_cast<int>(Uniform(engine) * size);
    if (k > 0) {
      double rest = Uniform(engine) * nearest.cast<double>().sum();
      chosen = 0;
      while (chosen + 1 < size && (rest -= nearest[chosen]) > 0) ++chosen;
    }
    centres.row(k) = points.row(chosen);
    const SquaredDistances to = DistancesTo(points, centres.row(k));
    nearest = k == 0 ? to : SquaredDistances(nearest.cwiseMin(to));
  }
  return centres;
}

std::vector<int> NearestCentres(const PointMatrix& points, const Eigen::MatrixXf& centres) {
  std::vector<int> labels(points.rows(), 0);
  SquaredDistances nearest = DistancesTo(points, centres.row(0));
  for (int k = 1; k < centres.rows(); ++k) {
    const SquaredDistances to = DistancesTo(points, centres.row(k));
    for (int i = 0; i < to.size(); ++i) {
      if (to[i] < nearest[i]) {
        nearest[i] = to[i];
        labels[i] = k;
      }
    }
  }
  return labels;
}

std::vector<int> KMeansLabels(const PointMatrix& points, Eigen::MatrixXf centres) {
  std::vector<int> labels;
  for (int iteration = 0; iteration < kLloydIterations; ++iteration) {
    const std::vector<int> before = std::move(labels);
    labels = NearestCentres(points, centres);
    if (labels == before) break;
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(centres.rows(), centres.cols());
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(centres.rows());
    for (int i = 0; i < points.rows(); ++i) {
      sums.row(labels[i]) += points.row(i).cast<double>();
      counts[labels[i]] += 1;
    }
    for (int k = 0; k < centres.rows(); ++k) {
      if (counts[k] > 0) centres.row(k) = (sums.row(k) / counts[k]).cast<float>();
    }
  }
  return labels;
}

// A component with hardly more points than coordinates says nothing: its likelihood grows without
// bound as it shrinks onto them.
bool IsSound(const EmResult& result, int dimension) {
  return result.mixture.size() == 1 || result.smallest_count >= dimension + 1;
}

// The points of one component in two halves, along the direction in which they spread most, and how
// much better two Gaussians describe them than one.
struct Split {
  int component = 0;
  std::vector<int> second_half;  // points
  double gain = 0;               // of the log likelihood of all the component's points
};

std::optional<Split> SplitComponent(const PointMatrix& points, const std::vector<int>& members,
                                    int component, const EmOptions& em) {
  const int dimension = static_cast<int>(points.cols());
  const int size = static_cast<int>(members.size());
  if (size < MinPointsForMixture(2, dimension)) return std::nullopt;
  const PointMatrix own = points(members, Eigen::all);
  const GaussianMixture one = MixtureOfLabels(own, std::vector<int>(size, 0), 1, em.variance_floor);
  const GaussianComponent& whole = one.components[0];
  const Eigen::VectorXd axis = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(whole.covariance)
                                   .eigenvectors()
                                   .rightCols<1>();
  const Eigen::VectorXf along =
      (own.rowwise() - whole.mean.transpose().cast<float>()) * axis.cast<float>();
  std::vector<int> halves(size);
  for (int i = 0; i < size; ++i) halves[i] = along[i] > 0;
  const EmResult two = RunEm(MixtureOfLabels(own, halves, 2, em.variance_floor), own, em);
  if (!IsSound(two, dimension)) return std::nullopt;
  const double before = ScorePoints(one, own).log_likelihood.cast<double>().mean();
  Split split;
  split.component = component;
  split.gain = size * (two.log_likelihood - before);
  const MixtureScores scores = ScorePoints(two.mixture, own);
  for (int i = 0; i < size; ++i) {
    if (scores.probability(i, 1) > scores.probability(i, 0))
      split.second_half.push_back(members[i]);
  }
  return split;
}

// Labels in which one component of `smaller` is two: those of the most promising splits. They find
// what starts from nothing miss, two rare groups on either side of the rest taken for one.
std::vector<std::vector<int>> SplitLabels(const PointMatrix& points, const GaussianMixture& smaller,
                                          const EmOptions& em) {
  const MixtureScores scores = ScorePoints(smaller, points);
  std::vector<int> labels(points.rows());
  std::vector<std::vector<int>> members(smaller.size());
  for (int i = 0; i < points.rows(); ++i) {
    scores.probability.row(i).maxCoeff(&labels[i]);
    members[labels[i]].push_back(i);
  }
  std::vector<Split> splits;
  for (int k = 0; k < smaller.size(); ++k) {
    std::optional<Split> split = SplitComponent(points, members[k], k, em);
    if (split.has_value() && !split->second_half.empty()) splits.push_back(*std::move(split));
  }
  std::sort(splits.begin(), splits.end(),
            [](const Split& a, const Split& b) { return a.gain > b.gain; });
  if (splits.size() > kSplits) splits.resize(kSplits);
  std::vector<std::vector<int>> starts;
  for (const Split& split : splits) {
    starts.push_back(labels);
    for (const int point : split.second_half) starts.back()[point] = smaller.size();
  }
  return starts;
}

// `smaller`: the best mixture of one component less, if there is one.
std::optional<MixtureFit> FitWith(const PointMatrix& points, int components,
                                  const MixtureFitOptions& options,
                                  const std::optional<MixtureFit>& smaller) {
  const int dimension = static_cast<int>(points.cols());
  EmOptions em;
  em.variance_floor = VarianceFloor(points);
  em.max_iterations = kTrialIterations;
  em.tolerance = kTrialTolerance;
  // Another number of components is another series of draws, whatever range is tried.
  std::mt19937_64 engine(options.seed * 0x9e3779b97f4a7c15ULL + components);
  std::optional<EmResult> best;
  const auto try_labels = [&](const std::vector<int>& labels) {
    EmResult trial =
        RunEm(MixtureOfLabels(points, labels, components, em.variance_floor), points, em);
    if (!IsSound(trial, dimension)) return;
    if (!best.has_value() || trial.log_likelihood > best->log_likelihood) best = std::move(trial);
  };
  const int restarts = components == 1 ? 1 : options.restarts;
  for (int restart = 0; restart < restarts; ++restart) {
    try_labels(restart == 0 ? NearestCentres(points, FarthestCentres(points, components))
                            : KMeansLabels(points, DrawnCentres(points, components, engine)));
  }
  if (smaller.has_value()) {
    for (const std::vector<int>& labels : SplitLabels(points, smaller->mixture, em)) {
      try_labels(labels);
    }
  }
  if (!best.has_value()) return std::nullopt;
  em.max_iterations = EmOptions().max_iterations;
  const EmResult final = best->converged ? *best : RunEm(best->mixture, points, em);
  if (!IsSound(final, dimension)) return std::nullopt;
  return MixtureFit{final.mixture, final.log_likelihood,
                    Bic(final.mixture, final.log_likelihood, static_cast<int>(points.rows()))};
}

}  // namespace

absl::Status ValidateMixtureFitOptions(const MixtureFitOptions& options) {
  const auto check = [](absl::string_view name, int value, int low, int high) {
    if (value >= low && value <= high) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(name, " = ", value, ": must be in [", low, ", ", high, "]"));
  };
  RETURN_IF_ERROR(check("min_components", options.min_components, 1, kMaxComponents));
  RETURN_IF_ERROR(
      check("max_components", options.max_components, options.min_components, kMaxComponents));
  return check("restarts", options.restarts, 1, 100);
}

int MinPointsForMixture(int components, int dimension) { return 2 * components * (dimension + 1); }

double Bic(const GaussianMixture& mixture, double mean_log_likelihood, int points) {
  return -2 * mean_log_likelihood * points + mixture.parameters() * std::log(points);
}

double VarianceFloor(const PointMatrix& points) {
  const Eigen::RowVectorXd centre = points.cast<double>().colwise().mean();
  double squares = 0;
  for (int j = 0; j < points.cols(); ++j) {
    squares += (points.col(j).cast<double>().array() - centre[j]).square().sum();
  }
  return std::max(1e-6 * squares / points.size(), 1e-20);
}

absl::StatusOr<MixtureFit> FitMixture(const PointMatrix& points, const MixtureFitOptions& options) {
  RETURN_IF_ERROR(ValidateMixtureFitOptions(options));
  const int size = static_cast<int>(points.rows());
  const int dimension = static_cast<int>(points.cols());
  const int needed = MinPointsForMixture(options.min_components, dimension);
  if (size < needed) {
    return absl::ResourceExhaustedError(absl::StrCat(size, " atoms for ", options.min_components,
                                                     " components in ", dimension,
                                                     " dimensions: needs ", needed));
  }
  std::optional<MixtureFit> best, last;
  int worse = 0;
  for (int count = options.min_components; count <= options.max_components; ++count) {
    if (count > options.min_components && size < MinPointsForMixture(count, dimension)) break;
    std::optional<MixtureFit> fit = FitWith(points, count, options, last);
    last = fit;
    if (fit.has_value() && (!best.has_value() || fit->bic < best->bic)) {
      best = std::move(fit);
      worse = 0;
    } else if (best.has_value() && ++worse == kPatience) {
      break;
    }
  }
  if (!best.has_value()) {
    return absl::ResourceExhaustedError(absl::StrCat("the atoms do not fall into ",
                                                     options.min_components,
                                                     " groups of more than ", dimension, " atoms"));
  }
  // To the end, now that the number is known.
  EmOptions em;
  em.variance_floor = VarianceFloor(points);
  const EmResult final = RunEm(best->mixture, points, em);
  if (!IsSound(final, dimension)) return *std::move(best);
  return MixtureFit{final.mixture, final.log_likelihood,
                    Bic(final.mixture, final.log_likelihood, size)};
}

}  // namespace atomstream
