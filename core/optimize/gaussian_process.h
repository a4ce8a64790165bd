// GaussianProcess: a zero-mean regression model with a Matérn-5/2 kernel and one length scale a
// coordinate, and CandidatePosterior, its prediction at a fixed set of points, kept current as
// values at these points become known.
//
// Both are values without shared state: const methods may be called from any thread.
// Points are rows of a matrix. Values should be standardised (mean 0, variance near 1) by the
// caller; the signal variance is set to its maximum-likelihood value in closed form.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_GAUSSIAN_PROCESS_H_
#define ATOMSTREAM_CORE_OPTIMIZE_GAUSSIAN_PROCESS_H_

#include <Eigen/Core>
#include <optional>

namespace atomstream {

struct GaussianProcessParams {
  Eigen::ArrayXd length_scales;  // one a coordinate, > 0
  double noise = 1e-4;           // variance of the observation noise over the signal's, > 0
};

class GaussianProcess {
 public:
  // `values` has one entry for each row of `points`, and at least one. nullopt if the covariance is
  // not positive definite in floating point (too little noise for points so close together).
  static std::optional<GaussianProcess> Fit(Eigen::MatrixXd points, const Eigen::VectorXd& values,
                                            const GaussianProcessParams& params);

  // Up to a constant that does not depend on the parameters.
  double log_marginal_likelihood() const { return log_marginal_likelihood_; }
  double signal_variance() const { return signal_variance_; }
  const GaussianProcessParams& params() const { return params_; }

 private:
  friend class CandidatePosterior;
  GaussianProcess() = default;

  GaussianProcessParams params_;
  Eigen::MatrixXd scaled_points_;  // divided by the length scales
  Eigen::MatrixXd cholesky_;       // lower factor L of (correlation + noise)
  Eigen::VectorXd whitened_;       // L^-1 values
  double signal_variance_ = 0;
  double log_marginal_likelihood_ = 0;
};

// Parameters with a high marginal likelihood: a bounded coordinate search over factors of two from
// `start`, at most `sweeps` times through all parameters. Each step costs one Cholesky
// factorisation, so give it few points.
GaussianProcessParams SearchLikelihood(const Eigen::MatrixXd& points, const Eigen::VectorXd& values,
                                       GaussianProcessParams start, int sweeps);

class CandidatePosterior {
 public:
  // Room for `max_observations` calls of Observe.
  CandidatePosterior(const GaussianProcess& process, const Eigen::MatrixXd& candidates,
                     int max_observations);

  double mean(int candidate) const { return mean_[candidate]; }
  // Of the noise-free function; >= 0.
  double variance(int candidate) const;

  // Conditions on the value of a candidate. Same result as fitting anew with that point added (and
  // the signal variance kept), at the cost of one matrix-vector product.
  void Observe(int candidate, double value);

 private:
  Eigen::MatrixXd scaled_candidates_;
  // Column j is L^-1 k(observed, candidate j); the first rows_ rows are in use.
  Eigen::MatrixXd whitened_cross_;
  int rows_;
  Eigen::ArrayXd mean_;
  Eigen::ArrayXd relative_variance_;  // over the signal's
  double noise_;
  double signal_variance_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_GAUSSIAN_PROCESS_H_
