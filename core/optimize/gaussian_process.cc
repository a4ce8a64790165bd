#include "core/optimize/gaussian_process.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace atomstream {
namespace {

// Limits of the likelihood search. Points live in the unit cube: a coordinate with a length scale
// of 8 hardly matters, one of 0.03 changes everything within a step.
constexpr double kMinLengthScale = 0.03, kMaxLengthScale = 8;
constexpr double kMinNoise = 1e-6, kMaxNoise = 0.3;

// Below it a function is constant for our purposes; keeps the likelihood finite.
constexpr double kMinSignalVariance = 1e-12;

Eigen::MatrixXd Scaled(Eigen::MatrixXd points, const Eigen::ArrayXd& length_scales) {
  for (Eigen::Index d = 0; d < points.cols(); ++d) points.col(d) /= length_scales[d];
  return points;
}

// Matérn-5/2 correlation of every row of `points` with row `row` of `others`, written to `out`.
template <typename Out>
void Correlate(const Eigen::Ref<const Eigen::MatrixXd>& points, const Eigen::MatrixXd& others,
               Eigen::Index row, Out&& out) {
  auto& squared = out;
  squared = (points.col(0).array() - others(row, 0)).square();
  for (Eigen::Index d = 1; d < points.cols(); ++d) {
    squared += (points.col(d).array() - others(row, d)).square();
  }
  // With t = sqrt(5) r: (1 + t + t^2 / 3) exp(-t).
  squared = (5 * squared).sqrt();
  squared = (1 + squared * (1 + squared / 3)) * (-squared).exp();
}

}  // namespace

std::optional<GaussianProcess> GaussianProcess::Fit(Eigen::MatrixXd points,
                                                    const Eigen::VectorXd& values,
                                                    const GaussianProcessParams& params) {
  assert(points.rows() == values.size() && points.rows() > 0);
  assert(points.cols() == params.length_scales.size());
  const Eigen::Index n = points.rows();
  GaussianProcess process;
  process.params_ = params;
  process.scaled_points_ = Scaled(std::move(points), params.length_scales);
  process.cholesky_.resize(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {  // the lower triangle is all that is read
    Correlate(process.scaled_points_.bottomRows(n - i), process.scaled_points_, i,
              process.cholesky_.col(i).tail(n - i).array());
    process.cholesky_(i, i) += params.noise;
  }
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(process.cholesky_);  // in place
  if (factor.info() != Eigen::Success) return std::nullopt;

  process.whitened_ = process.cholesky_.triangularView<Eigen::Lower>().solve(values);
  process.signal_variance_ =
      std::max(process.whitened_.squaredNorm() / static_cast<double>(n), kMinSignalVariance);
  process.log_marginal_likelihood_ =
      -0.5 * static_cast<double>(n) * std::log(process.signal_variance_) -
      process.cholesky_.diagonal().array().log().sum();
  return process;
}

GaussianProcessParams SearchLikelihood(const Eigen::MatrixXd& points, const Eigen::VectorXd& values,
                                       GaussianProcessParams start, int sweeps) {
  const auto likelihood = [&](const GaussianProcessParams& params) {
    const std::optional<GaussianProcess> process = GaussianProcess::Fit(points, values, params);
    return process.has_value() ? process->log_marginal_likelihood()
                               : -std::numeric_limits<double>::infinity();
  };
  GaussianProcessParams best = std::move(start);
  double best_likelihood = likelihood(best);
  const auto improve = [&](const GaussianProcessParams& params) {
    const double value = likelihood(params);
    if (value <= best_likelihood) return false;
    best = params;
    best_likelihood = value;
    return true;
  };

  for (int sweep = 0; sweep < sweeps; ++sweep) {
    bool improved = false;
    // All length scales together, then each alone, then the noise.
    for (const double factor : {0.5, 2.0}) {
      GaussianProcessParams next = best;
      next.length_scales = (next.length_scales * factor).max(kMinLengthScale).min(kMaxLengthScale);
      if (improve(next)) {
        improved = true;
        break;
      }
    }
    for (Eigen::Index d = 0; d < points.cols(); ++d) {
      for (const double factor : {0.5, 2.0}) {
        GaussianProcessParams next = best;
        next.length_scales[d] =
            std::clamp(next.length_scales[d] * factor, kMinLengthScale, kMaxLengthScale);
        if (next.length_scales[d] == best.length_scales[d]) continue;
        if (improve(next)) {
          improved = true;
          break;
        }
      }
    }
    for (const double factor : {0.1, 10.0}) {
      GaussianProcessParams next = best;
      next.noise = std::clamp(next.noise * factor, kMinNoise, kMaxNoise);
      if (next.noise == best.noise) continue;
      if (improve(next)) {
        improved = true;
        break;
      }
    }
    if (!improved) break;
  }
  return best;
}

CandidatePosterior::CandidatePosterior(const GaussianProcess& process,
                                       const Eigen::MatrixXd& candidates, int max_observations)
    : scaled_candidates_(Scaled(candidates, process.params_.length_scales)),
      rows_(static_cast<int>(process.scaled_points_.rows())),
      noise_(process.params_.noise),
      signal_variance_(process.signal_variance_) {
  const Eigen::Index count = candidates.rows();
  whitened_cross_.resize(rows_ + max_observations, count);
  for (Eigen::Index j = 0; j < count; ++j) {
    Correlate(process.scaled_points_, scaled_candidates_, j,
              whitened_cross_.col(j).head(rows_).array());
  }
  auto cross = whitened_cross_.topRows(rows_);
  process.cholesky_.triangularView<Eigen::Lower>().solveInPlace(cross);
  mean_ = (cross.transpose() * process.whitened_).array();
  relative_variance_ = 1 - cross.colwise().squaredNorm().transpose().array();
}

double CandidatePosterior::variance(int candidate) const {
  return signal_variance_ * std::max(relative_variance_[candidate], 0.0);
}

void CandidatePosterior::Observe(int candidate, double value) {
  assert(rows_ < whitened_cross_.rows());
  // One more row of the Cholesky factor: its off-diagonal part is this candidate's column.
  const double diagonal = std::sqrt(std::max(relative_variance_[candidate], 0.0) + noise_);
  Eigen::ArrayXd row(scaled_candidates_.rows());
  Correlate(scaled_candidates_, scaled_candidates_, candidate, row);
  const auto cross = whitened_cross_.topRows(rows_);
  row -= (cross.transpose() * cross.col(candidate)).array();
  row /= diagonal;
  const double whitened_value = (value - mean_[candidate]) / diagonal;
  mean_ += whitened_value * row;
  relative_variance_ -= row.square();
  whitened_cross_.row(rows_) = row.matrix().transpose();
  ++rows_;
}

}  // namespace atomstream
