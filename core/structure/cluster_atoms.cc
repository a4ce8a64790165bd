#include "core/structure/cluster_atoms.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr int kFlushEvery = 512;  // patches summed in float before the sum goes to double

// Sums over the descriptors of one cluster, about the mean of the model's: small numbers,
// so that squares lose no digits.
struct PatchSums {
  Eigen::ArrayXf about;
  Eigen::ArrayXf part, part_squares;
  Eigen::ArrayXd sum, squares;
  double intensity = 0;
  int size = 0;

  explicit PatchSums(Eigen::ArrayXf centre) : about(std::move(centre)) {
    part = part_squares = Eigen::ArrayXf::Zero(about.size());
    sum = squares = Eigen::ArrayXd::Zero(about.size());
  }

  void Add(const Eigen::ArrayXf& patch) {
    part += patch - about;
    part_squares += (patch - about).square();
    if (++size % kFlushEvery == 0) Flush();
  }

  void Flush() {
    sum += part.cast<double>();
    squares += part_squares.cast<double>();
    part.setZero();
    part_squares.setZero();
  }
};

Image ToImage(const Eigen::ArrayXd& values, int grid) {
  Image image(grid, grid);
  for (int i = 0; i < values.size(); ++i) image(i / grid, i % grid) = static_cast<float>(values[i]);
  return image;
}

Cluster Summarise(const ClusterModel& model, int component, PatchSums& sums, int grid) {
  const GaussianComponent& c = model.mixture.components[component];
  Cluster cluster;
  cluster.id = model.ids[component];
  cluster.size = sums.size;
  cluster.weight = c.weight;
  cluster.mean_components.assign(c.mean.begin(), c.mean.end());
  Eigen::ArrayXd centroid = Eigen::ArrayXd::Zero(grid * grid);
  Eigen::ArrayXd dispersion = centroid;
  if (sums.size > 0) {
    sums.Flush();
    const Eigen::ArrayXd shift = sums.sum / sums.size;
    centroid = sums.about.cast<double>() + shift;
    dispersion = (sums.squares / sums.size - shift.square()).max(0).sqrt();
    cluster.mean_intensity = sums.intensity / sums.size;
  }
  cluster.centroid = ToImage(centroid, grid);
  cluster.dispersion = ToImage(dispersion, grid);
  return cluster;
}

void Describe(const ClusterModel& model, const Descriptors& descriptors, const ModelScores& scores,
              const std::vector<Atom>& atoms, ClusterResult& result) {
  std::vector<PatchSums> sums(model.mixture.size(), PatchSums(model.space.mean.array()));
  const int count = model.space.count();
  result.components = DescriptorMatrix::Zero(atoms.size(), count);
  for (int row = 0; row < descriptors.size(); ++row) {
    const int atom = descriptors.atoms[row];
    int component;
    result.probability[atom] = scores.mixture.probability.row(row).maxCoeff(&component);
    result.labels[atom] = model.ids[component];
    result.components.row(atom) = scores.components.row(row);
    sums[component].intensity += atoms[atom].intensity;
    sums[component].Add(descriptors.patches.row(row).transpose().array());
  }
  for (int k = 0; k < model.mixture.size(); ++k) {
    result.clusters.push_back(Summarise(model, k, sums[k], descriptors.grid));
  }
  for (int i = 0; i < count; ++i) {
    result.explained_variance.push_back(model.space.ExplainedRatio(i));
  }
  result.clustered = descriptors.size();
  result.generation = model.generation;
  result.mean_log_likelihood = scores.mean_log_likelihood;
  result.bic = model.bic;
}

}  // namespace

absl::StatusOr<ClusterResult> ClusterAtoms(const Image& image, const std::vector<Atom>& atoms,
                                           double d_nn_px, const ClusterOptions& options,
                                           std::shared_ptr<const ClusterModel> model, Refit refit,
                                           const std::vector<bool>& left_out) {
  RETURN_IF_ERROR(ValidateClusterOptions(options));
  if (!(d_nn_px >= 0) || !std::isfinite(d_nn_px)) {
    return absl::InvalidArgumentError(absl::StrCat("d_nn_px = ", d_nn_px, ": must be >= 0"));
  }
  ClusterResult result;
  result.labels.assign(atoms.size(), -1);
  result.probability.assign(atoms.size(), 0);
  result.next_model = model;
  const auto empty = [&](absl::string_view reason, std::string detail) {
    result.empty_reason = std::string(reason);
    result.detail = std::move(detail);
    return std::move(result);
  };
  if (atoms.empty()) return empty("no_atoms", "the frame shows no atoms");
  if (d_nn_px == 0) return empty("no_lattice", "no lattice sets the size of descriptors");

  std::vector<Atom> taken;
  std::vector<int> index;  // of each taken atom
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (!left_out.empty() && left_out[i]) continue;
    taken.push_back(atoms[i]);
    index.push_back(static_cast<int>(i));
  }
  result.left_out = static_cast<int>(atoms.size() - taken.size());
  if (taken.empty()) {
    return empty("no_atoms", absl::StrCat("all ", atoms.size(), " atoms are left out"));
  }
  ASSIGN_OR_RETURN(
      Descriptors descriptors,
      ExtractDescriptors(image, taken, d_nn_px,
                         {options.patch_side_d_nn, options.patch_grid, options.patch_taper_d_nn}));
  for (int& atom : descriptors.atoms) atom = index[atom];
  result.dropped_at_edge = descriptors.dropped_at_edge;
  if (descriptors.size() == 0) {
    return empty("all_atoms_at_edge",
                 absl::StrCat("the descriptors of all ", taken.size(), " atoms leave the frame"));
  }

  const bool usable = model != nullptr && model->options == options;
  ModelScores scores;
  if (usable) {
    scores = ScoreDescriptors(*model, descriptors.patches);
    result.refit_reason = std::string(FindDrift(*model, scores));
  } else {
    result.refit_reason = model == nullptr ? "first" : "options";
  }
  if (!result.refit_reason.empty() && !(usable && refit == Refit::kForbidden)) {
    absl::StatusOr<ClusterModel> fitted = FitClusterModel(descriptors, options, model.get());
    if (fitted.ok()) {
      model = std::make_shared<const ClusterModel>(*std::move(fitted));
      scores = ScoreDescriptors(*model, descriptors.patches);
      result.refitted = true;
    } else if (!absl::IsResourceExhausted(fitted.status())) {
      return fitted.status();
    } else if (!usable) {
      return empty("too_few_atoms", std::string(fitted.status().message()));
    }
  }
  Describe(*model, descriptors, scores, atoms, result);
  result.next_model = std::move(model);
  return result;
}

}  // namespace atomstream
