#include "core/structure/gaussian_mixture.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "Eigen/Cholesky"

namespace atomstream {
namespace {

// Points at a time: what a block needs stays in the first-level cache.
constexpr int kBlock = 256;
using BlockArray = Eigen::Array<float, Eigen::Dynamic, 1, 0, kBlock, 1>;
// A component that takes less than this of a block gains nothing from it.
constexpr float kNegligible = 1e-12f;

// A component prepared for evaluation: log(weight density) = log_scale - |whiten (x - mean)|^2 / 2.
struct Prepared {
  Eigen::VectorXf mean;
  Eigen::MatrixXf whiten;  // lower triangular
  float log_scale;
};

std::vector<Prepared> Prepare(const GaussianMixture& mixture) {
  const int d = mixture.dimension();
  std::vector<Prepared> result;
  for (const GaussianComponent& c : mixture.components) {
    Eigen::MatrixXd covariance = c.covariance;
    Eigen::LLT<Eigen::MatrixXd> cholesky(covariance);
    // Rounding may leave a flat covariance indefinite; widen it until it is not.
    double widen = 1e-12 * std::max(covariance.diagonal().cwiseAbs().maxCoeff(), 1e-30);
    for (; cholesky.info() != Eigen::Success; widen *= 10) {
      covariance.diagonal().array() += widen;
      cholesky.compute(covariance);
    }
    const Eigen::MatrixXd lower = cholesky.matrixL();
    const Eigen::MatrixXd whiten =
        lower.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd::Identity(d, d));
    const double log_det = lower.diagonal().array().log().sum();
    const double log_scale =
        std::log(std::max(c.weight, 1e-300)) - log_det - 0.5 * d * std::log(2 * std::numbers::pi);
    result.push_back({c.mean.cast<float>(), whiten.cast<float>(), static_cast<float>(log_scale)});
  }
  return result;
}

// Sums over points, weighted by how much each belongs to one component, about its old mean.
struct Moments {
  double count = 0;
  Eigen::VectorXd first;
  Eigen::MatrixXd second;  // lower triangle
};

class BlockPass {
 public:
  BlockPass(const GaussianMixture& mixture, const PointMatrix& points)
      : prepared_(Prepare(mixture)),
        points_(points),
        d_(mixture.dimension()),
        density_(kBlock, mixture.size()),
        shifted_(kBlock, d_) {}

  // Sets probability() and log_likelihood() for points [first, first + size).
  void Evaluate(int first, int size) {
    size_ = size;
    for (size_t k = 0; k < prepared_.size(); ++k) {
      Shift(k, first);
      distance_.setZero(size);
      for (int j = 0; j < d_; ++j) {
        line_ = prepared_[k].whiten(j, 0) * shifted_.col(0).head(size);
        for (int i = 1; i <= j; ++i) {
          line_ += prepared_[k].whiten(j, i) * shifted_.col(i).head(size);
        }
        distance_ += line_.square();
      }
      density_.col(k).head(size) = prepared_[k].log_scale - 0.5f * distance_;
    }
    auto density = density_.topRows(size);
    const BlockArray largest = density.rowwise().maxCoeff();
    density.colwise() -= largest;
    density = density.exp();
    const BlockArray sum = density.rowwise().sum();
    density.colwise() /= sum;
    log_likelihood_ = largest + sum.log();
  }

  auto probability() const { return density_.topRows(size_); }
  const BlockArray& log_likelihood() const { return log_likelihood_; }

  // Adds the evaluated block to the component's moments.
  void Accumulate(int k, int first, Moments& moments) {
    const BlockArray share = density_.col(k).head(size_);
    const float count = share.sum();
    if (!(count > kNegligible)) return;
    moments.count += count;
    Shift(k, first);
    for (int i = 0; i < d_; ++i) {
      line_ = share * shifted_.col(i).head(size_);
      moments.first[i] += line_.sum();
      for (int j = 0; j <= i; ++j) {
        moments.second(i, j) += (line_ * shifted_.col(j).head(size_)).sum();
      }
    }
  }

 private:
  void Shift(int k, int first) {
    for (int i = 0; i < d_; ++i) {
      shifted_.col(i).head(size_) =
          points_.col(i).segment(first, size_).array() - prepared_[k].mean[i];
    }
  }

  const std::vector<Prepared> prepared_;
  const PointMatrix& points_;
  const int d_;
  int size_ = 0;
  Eigen::ArrayXXf density_;
  Eigen::ArrayXXf shifted_;
  BlockArray distance_, line_, log_likelihood_;
};

// The mixture that the moments describe; a component that lost its points keeps place and shape.
GaussianMixture Maximise(const GaussianMixture& old, const std::vector<Moments>& moments,
                         double points, double variance_floor) {
  GaussianMixture mixture = old;
  for (int k = 0; k < old.size(); ++k) {
    const Moments& m = moments[k];
    GaussianComponent& c = mixture.components[k];
    c.weight = m.count / points;
    if (!(m.count > 1e-6)) continue;
    const Eigen::VectorXd shift = m.first / m.count;
    c.covariance = m.second.selfadjointView<Eigen::Lower>();
    c.covariance = c.covariance / m.count - shift * shift.transpose();
    c.covariance.diagonal().array() += variance_floor;
    c.mean += shift;
  }
  return mixture;
}

}  // namespace

int GaussianMixture::parameters() const {
  const int d = dimension();
  return size() * (d + d * (d + 1) / 2) + size() - 1;
}

MixtureScores ScorePoints(const GaussianMixture& mixture, const PointMatrix& points) {
  const int count = static_cast<int>(points.rows());
  MixtureScores scores;
  scores.probability.resize(count, mixture.size());
  scores.log_likelihood.resize(count);
  BlockPass pass(mixture, points);
  for (int first = 0; first < count; first += kBlock) {
    const int size = std::min(kBlock, count - first);
    pass.Evaluate(first, size);
    scores.probability.middleRows(first, size) = pass.probability().matrix();
    scores.log_likelihood.segment(first, size) = pass.log_likelihood().matrix();
  }
  return scores;
}

EmResult RunEm(const GaussianMixture& start, const PointMatrix& points, const EmOptions& options) {
  const int count = static_cast<int>(points.rows());
  const int d = start.dimension();
  EmResult result;
  result.mixture = start;
  double before = -INFINITY;
  while (result.iterations < options.max_iterations && !result.converged) {
    const Moments zero{0, Eigen::VectorXd::Zero(d), Eigen::MatrixXd::Zero(d, d)};
    std::vector<Moments> moments(start.size(), zero);
    BlockPass pass(result.mixture, points);
    double sum = 0;
    for (int first = 0; first < count; first += kBlock) {
      pass.Evaluate(first, std::min(kBlock, count - first));
      sum += pass.log_likelihood().cast<double>().sum();
      for (int k = 0; k < start.size(); ++k) pass.Accumulate(k, first, moments[k]);
    }
    result.mixture = Maximise(result.mixture, moments, count, options.variance_floor);
    result.log_likelihood = sum / count;
    result.smallest_count = INFINITY;
    for (const Moments& m : moments) {
      result.smallest_count = std::min(result.smallest_count, m.count);
    }
    ++result.iterations;
    result.converged = result.log_likelihood - before < options.tolerance;
    before = result.log_likelihood;
  }
  return result;
}

GaussianMixture MixtureOfLabels(const PointMatrix& points, const std::vector<int>& labels,
                                int count, double variance_floor) {
  const int d = static_cast<int>(points.cols());
  const int size = static_cast<int>(points.rows());
  const Eigen::RowVectorXd centre = points.cast<double>().colwise().mean();
  std::vector<Moments> moments(count, {0, Eigen::VectorXd::Zero(d), Eigen::MatrixXd::Zero(d, d)});
  Moments all{static_cast<double>(size), Eigen::VectorXd::Zero(d), Eigen::MatrixXd::Zero(d, d)};
  for (int i = 0; i < size; ++i) {
    const Eigen::VectorXd x = (points.row(i).cast<double>() - centre).transpose();
    Moments& m = moments[labels[i]];
    m.count += 1;
    m.first += x;
    m.second += x * x.transpose();
    all.second += x * x.transpose();
  }
  GaussianComponent origin{0, centre.transpose(), all.second / size};
  origin.covariance.diagonal().array() += variance_floor;
  GaussianMixture start;
  start.components.assign(count, origin);
  GaussianMixture mixture = Maximise(start, moments, size, variance_floor);
  for (int k = 0; k < count; ++k) {
    if (moments[k].count < d + 1) mixture.components[k].covariance = origin.covariance;
  }
  return mixture;
}

}  // namespace atomstream
