// GaussianMixture: a sum of normal distributions with full covariances, and expectation
// maximisation (EM) on it. Plain data; pure functions, any thread.
//
// Our own instead of cv::ml::EM: that is an order of magnitude slower here, seeds itself from a
// global generator, and says no likelihood while it runs (docs/adr, clusters).
#ifndef ATOMSTREAM_CORE_STRUCTURE_GAUSSIAN_MIXTURE_H_
#define ATOMSTREAM_CORE_STRUCTURE_GAUSSIAN_MIXTURE_H_

#include <vector>

#include "Eigen/Core"

namespace atomstream {

// One row a point.
using PointMatrix = Eigen::MatrixXf;

struct GaussianComponent {
  double weight = 0;
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;  // positive definite
};

struct GaussianMixture {
  std::vector<GaussianComponent> components;  // weights add up to 1

  int size() const { return static_cast<int>(components.size()); }
  int dimension() const {
    return components.empty() ? 0 : static_cast<int>(components[0].mean.size());
  }
  // Free parameters, as BIC counts them.
  int parameters() const;
};

struct MixtureScores {
  Eigen::MatrixXf probability;     // of each component (column) given the point (row)
  Eigen::VectorXf log_likelihood;  // of each point
};

// The points have the mixture's dimension.
MixtureScores ScorePoints(const GaussianMixture& mixture, const PointMatrix& points);

struct EmOptions {
  int max_iterations = 200;
  double tolerance = 1e-5;  // stops when the mean log likelihood of a point gains less
  // Added to every variance, so that no component can collapse onto one point.
  double variance_floor = 0;
};

struct EmResult {
  GaussianMixture mixture;
  double log_likelihood = 0;  // mean over the points, of `mixture`'s predecessor in the last step
  double smallest_count = 0;  // points in the smallest component
  int iterations = 0;
  bool converged = false;
};

// From `start` on. `points` is not empty.
EmResult RunEm(const GaussianMixture& start, const PointMatrix& points, const EmOptions& options);

// The mixture that hard labels in [0, count) describe. A component with too few points for a
// covariance takes that of all points.
GaussianMixture MixtureOfLabels(const PointMatrix& points, const std::vector<int>& labels,
                                int count, double variance_floor);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_GAUSSIAN_MIXTURE_H_
