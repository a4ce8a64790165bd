#include "core/optimize/gaussian_process.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "core/optimize/sobol.h"

namespace atomstream {
namespace {

Eigen::MatrixXd SobolPoints(int count, int dimension, uint64_t seed) {
  SobolSequence sequence(dimension, seed);
  Eigen::MatrixXd points(count, dimension);
  for (int i = 0; i < count; ++i) {
    const UnitPoint point = sequence.Next();
    for (int d = 0; d < dimension; ++d) points(i, d) = point[d];
  }
  return points;
}

Eigen::VectorXd Smooth(const Eigen::MatrixXd& points) {
  Eigen::VectorXd values(points.rows());
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    values[i] = std::sin(5 * points(i, 0)) + points(i, 1) * points(i, 1);
  }
  return values;
}

GaussianProcessParams Params(double length_scale, double noise, int dimension = 2) {
  return {Eigen::ArrayXd::Constant(dimension, length_scale), noise};
}

double Matern(double r) {
  const double t = std::sqrt(5.0) * r;
  return (1 + t + t * t / 3) * std::exp(-t);
}

TEST(GaussianProcessTest, PredictionIsThatOfTheTextbookFormula) {
  const Eigen::MatrixXd points = SobolPoints(12, 2, 1), candidates = SobolPoints(5, 2, 9);
  const Eigen::VectorXd values = Smooth(points);
  const GaussianProcessParams params{Eigen::Array2d(0.4, 0.8), 1e-2};
  const auto process = GaussianProcess::Fit(points, values, params);
  ASSERT_TRUE(process.has_value());

  const auto correlation = [&](const Eigen::MatrixXd& a, int i, const Eigen::MatrixXd& b, int j) {
    return Matern(std::hypot((a(i, 0) - b(j, 0)) / 0.4, (a(i, 1) - b(j, 1)) / 0.8));
  };
  Eigen::MatrixXd covariance(12, 12);
  for (int i = 0; i < 12; ++i) {
    for (int j = 0; j < 12; ++j) covariance(i, j) = correlation(points, i, points, j);
    covariance(i, i) += 1e-2;
  }
  const Eigen::MatrixXd inverse = covariance.inverse();
  const double signal_variance = values.dot(inverse * values) / 12;
  EXPECT_NEAR(process->signal_variance(), signal_variance, 1e-9 * signal_variance);
  const double likelihood =
      -6 * std::log(signal_variance) - 0.5 * std::log(covariance.determinant());
  EXPECT_NEAR(process->log_marginal_likelihood(), likelihood, 1e-8);

  const CandidatePosterior posterior(*process, candidates, 0);
  for (int c = 0; c < 5; ++c) {
    Eigen::VectorXd cross(12);
    for (int i = 0; i < 12; ++i) cross[i] = correlation(points, i, candidates, c);
    // 1e-9: rounding through matrices of condition number about 1e3.
    EXPECT_NEAR(posterior.mean(c), cross.dot(inverse * values), 1e-9);
    EXPECT_NEAR(posterior.variance(c), signal_variance * (1 - cross.dot(inverse * cross)), 1e-9);
  }
}

TEST(GaussianProcessTest, InterpolatesWhatItHasSeen) {
  const Eigen::MatrixXd points = SobolPoints(30, 2, 1);
  const Eigen::VectorXd values = Smooth(points);
  const auto process = GaussianProcess::Fit(points, values, Params(0.5, 1e-6));
  ASSERT_TRUE(process.has_value());
  const CandidatePosterior posterior(*process, points, 0);
  for (int i = 0; i < 30; ++i) {
    EXPECT_NEAR(posterior.mean(i), values[i], 1e-3);  // noise deviation, 1e-3 of the signal's
    EXPECT_LT(posterior.variance(i), 2e-6 * process->signal_variance());
  }
}

TEST(GaussianProcessTest, PredictsASmoothFunctionBetweenThePoints) {
  const Eigen::MatrixXd points = SobolPoints(60, 2, 1), others = SobolPoints(50, 2, 77);
  const auto process = GaussianProcess::Fit(points, Smooth(points), Params(0.5, 1e-6));
  ASSERT_TRUE(process.has_value());
  const CandidatePosterior posterior(*process, others, 0);
  const Eigen::VectorXd truth = Smooth(others);
  for (int i = 0; i < 50; ++i) EXPECT_NEAR(posterior.mean(i), truth[i], 0.1);  // range is 2.9
}

TEST(GaussianProcessTest, FarFromAllDataTheVarianceIsTheSignals) {
  Eigen::MatrixXd points(2, 1), far(1, 1);
  points << 0, 0.1;
  far << 50;
  const auto process = GaussianProcess::Fit(points, Eigen::Vector2d(1, -1), Params(0.2, 1e-4, 1));
  ASSERT_TRUE(process.has_value());
  const CandidatePosterior posterior(*process, far, 0);
  EXPECT_NEAR(posterior.mean(0), 0, 1e-12);
  EXPECT_NEAR(posterior.variance(0), process->signal_variance(), 1e-12);
}

TEST(GaussianProcessTest, RepeatedPointIsRefusedWithoutNoiseAndTakenWithIt) {
  Eigen::MatrixXd points(3, 1);
  points << 0.5, 0.5, 0.5;
  const Eigen::Vector3d values(1, 2, 3);
  EXPECT_FALSE(GaussianProcess::Fit(points, values, Params(0.3, 0, 1)).has_value());
  const auto process = GaussianProcess::Fit(points, values, Params(0.3, 1e-2, 1));
  ASSERT_TRUE(process.has_value());
  // Mean of the three values, shrunk by noise / 3.
  EXPECT_NEAR(CandidatePosterior(*process, points, 0).mean(0), 2 / (1 + 1e-2 / 3), 1e-9);
}

TEST(GaussianProcessTest, ConstantValuesGiveAFiniteLikelihood) {
  const auto process =
      GaussianProcess::Fit(SobolPoints(5, 2, 1), Eigen::VectorXd::Zero(5), Params(0.3, 1e-4));
  ASSERT_TRUE(process.has_value());
  EXPECT_TRUE(std::isfinite(process->log_marginal_likelihood()));
}

TEST(CandidatePosteriorTest, ObservingEqualsFittingWithThatPoint) {
  const Eigen::MatrixXd points = SobolPoints(20, 2, 1), candidates = SobolPoints(15, 2, 5);
  const Eigen::VectorXd values = Smooth(points), more = Smooth(candidates);
  const GaussianProcessParams params = Params(0.4, 1e-3);
  const auto process = GaussianProcess::Fit(points, values, params);
  ASSERT_TRUE(process.has_value());
  CandidatePosterior updated(*process, candidates, 3);
  Eigen::MatrixXd all_points(23, 2);
  Eigen::VectorXd all_values(23);
  all_points.topRows(20) = points;
  all_values.head(20) = values;
  int row = 20;
  for (const int c : {4, 0, 11}) {
    updated.Observe(c, more[c]);
    all_points.row(row) = candidates.row(c);
    all_values[row++] = more[c];
  }
  const auto refitted = GaussianProcess::Fit(all_points, all_values, params);
  ASSERT_TRUE(refitted.has_value());
  const CandidatePosterior expected(*refitted, candidates, 0);
  const double scale = process->signal_variance() / refitted->signal_variance();
  for (int c = 0; c < 15; ++c) {
    EXPECT_NEAR(updated.mean(c), expected.mean(c), 1e-9);
    EXPECT_NEAR(updated.variance(c), scale * expected.variance(c), 1e-9);
  }
}

TEST(SearchLikelihoodTest, FindsWhichCoordinateMatters) {
  const Eigen::MatrixXd points = SobolPoints(50, 2, 1);
  Eigen::VectorXd values(50);
  for (int i = 0; i < 50; ++i) values[i] = std::sin(9 * points(i, 0));
  const GaussianProcessParams found = SearchLikelihood(points, values, Params(0.5, 1e-4), 6);
  EXPECT_LT(found.length_scales[0], 1);
  EXPECT_GE(found.length_scales[1], 4 * found.length_scales[0]);
}

TEST(SearchLikelihoodTest, FindsThatTheValuesAreNoise) {
  const Eigen::MatrixXd points = SobolPoints(60, 2, 1);
  SplitMix64 random(1);
  Eigen::VectorXd smooth = Smooth(points), noisy = smooth;
  for (int i = 0; i < 60; ++i) noisy[i] += 2 * (random.NextUniform() - 0.5);
  const double noise_of_smooth = SearchLikelihood(points, smooth, Params(0.5, 1e-3), 6).noise;
  const double noise_of_noisy = SearchLikelihood(points, noisy, Params(0.5, 1e-3), 6).noise;
  EXPECT_LE(noise_of_smooth, 1e-3);
  EXPECT_GE(noise_of_noisy, 1e-2);
}

TEST(SearchLikelihoodTest, NeverLowersTheLikelihood) {
  const Eigen::MatrixXd points = SobolPoints(40, 3, 2);
  const Eigen::VectorXd values = Smooth(points);
  for (const double length_scale : {0.05, 0.5, 5.0}) {
    const GaussianProcessParams start = Params(length_scale, 1e-3, 3);
    const GaussianProcessParams found = SearchLikelihood(points, values, start, 3);
    EXPECT_GE(GaussianProcess::Fit(points, values, found)->log_marginal_likelihood(),
              GaussianProcess::Fit(points, values, start)->log_marginal_likelihood());
  }
}

}  // namespace
}  // namespace atomstream
