// Fitting a Gaussian mixture from nothing: starting points, restarts, and the number of components
// by the Bayesian information criterion (BIC). Pure functions; any thread. The same points, options
// and seed give the same mixture.
#ifndef ATOMSTREAM_CORE_STRUCTURE_MIXTURE_FIT_H_
#define ATOMSTREAM_CORE_STRUCTURE_MIXTURE_FIT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/structure/gaussian_mixture.h"

namespace atomstream {

struct MixtureFitOptions {
  int min_components = 1;  // [1, 32]; equal to max_components: that many, else chosen by BIC
  int max_components = 6;  // [min_components, 32]
  // Tries per number of components. The first starts from points far from each other, which finds
  // small groups such as dopants; the others from k-means.
  int restarts = 4;  // [1, 100]
  uint64_t seed = 1;
};

// InvalidArgument names the option and its value.
absl::Status ValidateMixtureFitOptions(const MixtureFitOptions& options);

// Fewest points on which that many components are fitted: twice as many as coordinates need, so
// that a covariance is more than its own points.
int MinPointsForMixture(int components, int dimension);

struct MixtureFit {
  GaussianMixture mixture;
  double log_likelihood = 0;  // mean over the points
  double bic = 0;             // smaller is better
};

double Bic(const GaussianMixture& mixture, double mean_log_likelihood, int points);

// A floor for variances that only matters to data without scatter: 1e-6 of the points' own.
double VarianceFloor(const PointMatrix& points);

// ResourceExhausted: fewer points than `min_components` need; numbers of components that the points
// do not suffice for are not tried. InvalidArgument: a wrong option.
absl::StatusOr<MixtureFit> FitMixture(const PointMatrix& points, const MixtureFitOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_MIXTURE_FIT_H_
