#include "core/structure/cluster_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/structure/cluster_matching.h"
#include "core/structure/mixture_fit.h"

namespace atomstream {
namespace {

constexpr double kChance = 4;  // standard errors of a mean that are no drift
// Of the descriptors' variance: a smaller change of the residual matters to nobody, however large
// it is as a factor (frames without noise).
constexpr double kResidualShare = 0.05;
// A model grown from the previous one stays unless a new one is better by this: "very strong"
// evidence on the usual scale of BIC differences.
constexpr double kBicMargin = 10;

DescriptorMatrix Sample(const DescriptorMatrix& patches) {
  const Eigen::Index rows = patches.rows();
  if (rows <= kMaxFitAtoms) return patches;
  DescriptorMatrix sample(kMaxFitAtoms, patches.cols());
  for (Eigen::Index i = 0; i < kMaxFitAtoms; ++i) {
    sample.row(i) = patches.row(i * rows / kMaxFitAtoms);
  }
  return sample;
}

// The mixture that grows out of the previous model's clusters, component by component; nullopt if
// one of them has lost its atoms, or their number is no longer asked for.
std::optional<MixtureFit> GrowFrom(const ClusterModel& previous, const DescriptorMatrix& patches,
                                   const PointMatrix& points, const ClusterOptions& options) {
  const int count = previous.mixture.size();
  if (count < options.min_clusters || count > options.max_clusters) return std::nullopt;
  const MixtureScores scores = ScorePoints(previous.mixture, previous.space.Project(patches));
  std::vector<int> labels(points.rows());
  for (int i = 0; i < points.rows(); ++i) scores.probability.row(i).maxCoeff(&labels[i]);
  EmOptions em;
  em.variance_floor = VarianceFloor(points);
  const EmResult grown =
      RunEm(MixtureOfLabels(points, labels, count, em.variance_floor), points, em);
  if (grown.smallest_count < points.cols() + 1) return std::nullopt;
  return MixtureFit{grown.mixture, grown.log_likelihood,
                    Bic(grown.mixture, grown.log_likelihood, static_cast<int>(points.rows()))};
}

// Mean patches of the components, about the mean of all and in units of their own scatter: what
// stays the same when brightness, contrast and noise of the frames change. (The scatter of all
// descriptors is mostly noise.)
Eigen::MatrixXd Shapes(const ClusterModel& model) {
  Eigen::MatrixXd shapes(model.mixture.size(), model.space.mean.size());
  double scatter = 0;
  for (int k = 0; k < model.mixture.size(); ++k) {
    const GaussianComponent& component = model.mixture.components[k];
    shapes.row(k) = (model.space.basis.cast<double>().transpose() * component.mean).transpose();
    scatter += component.weight * component.mean.squaredNorm();
  }
  return shapes / std::sqrt(std::max(scatter, 1e-30));
}

// Gives the components of `model` the ids of `previous`' components that look most like them, and
// new ids to the others; or, without previous, new ones to all, by falling weight.
void NameComponents(const ClusterModel* previous, ClusterModel& model) {
  const int count = model.mixture.size();
  std::vector<int> ids(count, -1);
  if (previous == nullptr) {
    std::vector<int> order(count);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return model.mixture.components[a].weight > model.mixture.components[b].weight;
    });
    for (int rank = 0; rank < count; ++rank) ids[order[rank]] = model.next_id + rank;
    model.next_id += count;
  } else {
    const Eigen::MatrixXd now = Shapes(model);
    const Eigen::MatrixXd before = Shapes(*previous);
    Eigen::MatrixXd cost(now.rows(), before.rows());
    for (int i = 0; i < now.rows(); ++i) {
      cost.row(i) = (before.rowwise() - now.row(i)).rowwise().squaredNorm().transpose();
    }
    const std::vector<int> partner = AssignLeastCost(cost);
    model.next_id = previous->next_id;
    for (int i = 0; i < count; ++i) {
      ids[i] = partner[i] >= 0 ? previous->ids[partner[i]] : model.next_id++;
    }
  }
  // Components by rising id.
  std::vector<std::pair<int, GaussianComponent>> named;
  for (int i = 0; i < count; ++i) named.emplace_back(ids[i], model.mixture.components[i]);
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  model.ids.resize(count);
  for (int i = 0; i < count; ++i) {
    model.ids[i] = named[i].first;
    model.mixture.components[i] = std::move(named[i].second);
  }
}

}  // namespace

absl::Status ValidateClusterOptions(const ClusterOptions& o) {
  const absl::Status patch =
      ValidateDescriptorOptions({o.patch_side_d_nn, o.patch_grid, o.patch_taper_d_nn});
  if (!patch.ok()) return absl::Status(patch.code(), absl::StrCat("patch_", patch.message()));
  const auto check = [](absl::string_view name, double value, double low, double high) {
    if (value >= low && value <= high) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(name, " = ", value, ": must be in [", low, ", ", high, "]"));
  };
  RETURN_IF_ERROR(check("principal_components", o.principal_components, 1,
                        std::min(16, o.patch_grid * o.patch_grid)));
  RETURN_IF_ERROR(check("min_clusters", o.min_clusters, 1, 16));
  RETURN_IF_ERROR(check("max_clusters", o.max_clusters, o.min_clusters, 16));
  RETURN_IF_ERROR(check("restarts", o.restarts, 1, 100));
  if (!(o.drift_log_likelihood > 0 && o.drift_log_likelihood <= 100)) {
    return absl::InvalidArgumentError(
        absl::StrCat("drift_log_likelihood = ", o.drift_log_likelihood, ": must be in (0, 100]"));
  }
  return check("drift_residual", o.drift_residual, 1.05, 100);
}

ModelScores ScoreDescriptors(const ClusterModel& model, const DescriptorMatrix& patches) {
  ModelScores scores;
  scores.components = model.space.Project(patches);
  scores.mixture = ScorePoints(model.mixture, scores.components);
  const int count = static_cast<int>(patches.rows());
  if (count == 0) return scores;
  const auto each = scores.mixture.log_likelihood.cast<double>().array();
  scores.mean_log_likelihood = each.mean();
  const double variance = (each - scores.mean_log_likelihood).square().mean();
  scores.log_likelihood_error = std::sqrt(variance / count);
  double squares = 0;
  for (int i = 0; i < count; ++i) {
    squares +=
        ((patches.row(i).transpose() - model.space.mean).array() * model.space.weight.array())
            .matrix()
            .squaredNorm() -

        scores.components.row(i).squaredNorm();
  }
  scores.mean_residual = std::max(0.0, squares / count);
  return scores;
}

absl::string_view FindDrift(const ClusterModel& model, const ModelScores& scores) {
  const ClusterOptions& o = model.options;
  if (scores.mean_log_likelihood < model.expected_log_likelihood - o.drift_log_likelihood -
                                       kChance * scores.log_likelihood_error) {
    return "likelihood";
  }
  const double now = scores.mean_residual;
  const double expected = model.expected_residual;
  if (std::abs(now - expected) > kResidualShare * model.space.total_variance &&
      (now > expected * o.drift_residual || now * o.drift_residual < expected)) {
    return "residual";
  }
  return "";
}

absl::StatusOr<ClusterModel> FitClusterModel(const Descriptors& descriptors,
                                             const ClusterOptions& options,
                                             const ClusterModel* previous) {
  const DescriptorMatrix& patches = descriptors.patches;
  // Before the principal components: with few atoms there are fewer of these than asked for.
  const int needed = MinPointsForMixture(options.min_clusters, options.principal_components);
  if (patches.rows() < needed) {
    return absl::ResourceExhaustedError(
        absl::StrCat(patches.rows(), " atoms for ", options.min_clusters, " clusters in ",
                     options.principal_components, " principal components: needs ", needed));
  }
  const bool matched = previous != nullptr && previous->space.mean.size() == patches.cols();
  const DescriptorMatrix sample = Sample(patches);
  ClusterModel model;
  model.options = options;
  model.generation = previous == nullptr ? 1 : previous->generation + 1;
  model.space = FitPrincipalComponents(sample, descriptors.weight, options.principal_components);
  const PointMatrix points = model.space.Project(sample);

  MixtureFitOptions fit_options;
  fit_options.min_components = options.min_clusters;
  fit_options.max_components = options.max_clusters;
  fit_options.restarts = options.restarts;
  fit_options.seed = options.seed;
  std::optional<MixtureFit> fit;
  if (matched) fit = GrowFrom(*previous, sample, points, options);
  absl::StatusOr<MixtureFit> fresh = FitMixture(points, fit_options);
  if (!fresh.ok() && !fit.has_value()) return fresh.status();
  if (fresh.ok() && (!fit.has_value() || fresh->bic < fit->bic - kBicMargin)) {
    fit = *std::move(fresh);
  }
  model.mixture = std::move(fit->mixture);
  model.bic = fit->bic;
  if (previous != nullptr && !matched) model.next_id = previous->next_id;
  NameComponents(matched ? previous : nullptr, model);

  const ModelScores scores = ScoreDescriptors(model, sample);
  // A fit describes its own atoms better than others: by its parameters, in nats, over all atoms.
  model.expected_log_likelihood =
      scores.mean_log_likelihood - double(model.mixture.parameters()) / points.rows();
  model.expected_residual = scores.mean_residual;
  return model;
}

}  // namespace atomstream
