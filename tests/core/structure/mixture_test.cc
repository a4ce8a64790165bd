// Principal components and Gaussian mixtures on data with known answers. What scikit-learn makes of
// more data is in golden_clusters_test.cc.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "Eigen/LU"
#include "core/simulate/random.h"
#include "core/structure/gaussian_mixture.h"
#include "core/structure/mixture_fit.h"
#include "core/structure/principal_components.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

// Two round groups along x, `apart` standard deviations from each other.
PointMatrix TwoGroups(int each, double apart, uint64_t seed = 3) {
  Random random(seed);
  PointMatrix points(2 * each, 2);
  for (int i = 0; i < points.rows(); ++i) {
    points(i, 0) = static_cast<float>(random.Normal() + (i < each ? 0 : apart));
    points(i, 1) = static_cast<float>(random.Normal());
  }
  return points;
}

TEST(PrincipalComponentsTest, FindsTheDirectionsAndVariancesOfAPlane) {
  Random random(1);
  DescriptorMatrix data(4000, 3);
  for (int i = 0; i < data.rows(); ++i) {
    const double along = 3 * random.Normal(), across = random.Normal();
    data.row(i) << 5 + 0.6f * along - 0.8f * across, -2 + 0.8f * along + 0.6f * across, 7;
  }
  const PrincipalComponents p = FitPrincipalComponents(data, Eigen::VectorXf::Ones(3), 2);
  // Statistical error of a variance of n normal deviates: sqrt(2 / n) = 2 %; four of these.
  EXPECT_NEAR(p.variance[0], 9, 0.8);
  EXPECT_NEAR(p.variance[1], 1, 0.09);
  EXPECT_NEAR(p.basis(0, 0), 0.6, 0.02);
  EXPECT_NEAR(p.basis(0, 1), 0.8, 0.02);
  EXPECT_NEAR(p.ExplainedRatio(0) + p.ExplainedRatio(1), 1, 1e-5);
  const Eigen::MatrixXf projected = p.Project(data);
  EXPECT_NEAR(projected.col(0).mean(), 0, 1e-3);
  EXPECT_NEAR(projected.col(0).squaredNorm() / 3999, p.variance[0], 0.01);
}

TEST(PrincipalComponentsTest, MultipliesPointsWithTheirWeight) {
  Random random(1);
  DescriptorMatrix data(500, 2);
  for (int i = 0; i < data.rows(); ++i) data.row(i) << random.Normal(), 3 * random.Normal();
  Eigen::VectorXf weight(2);
  weight << 1, 0.01f;
  const PrincipalComponents p = FitPrincipalComponents(data, weight, 1);
  EXPECT_NEAR(p.basis(0, 0), 1, 1e-3);
}

TEST(PrincipalComponentsTest, HasNoMoreComponentsThanTheDataAllow) {
  DescriptorMatrix data(3, 5);
  data.setRandom();
  EXPECT_EQ(FitPrincipalComponents(data, Eigen::VectorXf::Ones(5), 4).count(), 2);
  const PrincipalComponents flat =
      FitPrincipalComponents(DescriptorMatrix::Ones(9, 3), Eigen::VectorXf::Ones(3), 2);
  EXPECT_EQ(flat.total_variance, 0);
  EXPECT_EQ(flat.ExplainedRatio(0), 0);
}

TEST(GaussianMixtureTest, ScoresPointsAsTheFormulaSays) {
  GaussianMixture mixture;
  Eigen::Matrix2d covariance;
  covariance << 2, 0.5, 0.5, 1;
  mixture.components.push_back({0.25, Eigen::Vector2d(1, -1), covariance});
  mixture.components.push_back({0.75, Eigen::Vector2d(-2, 3), Eigen::Matrix2d::Identity()});
  PointMatrix points(300, 2);
  points.setRandom();
  points *= 3;
  const MixtureScores scores = ScorePoints(mixture, points);
  for (int i = 0; i < points.rows(); ++i) {
    double density[2];
    for (int k = 0; k < 2; ++k) {
      const GaussianComponent& c = mixture.components[k];
      const Eigen::Vector2d d = points.row(i).transpose().cast<double>() - c.mean;
      density[k] = c.weight * std::exp(-0.5 * d.dot(c.covariance.inverse() * d)) /
                   (2 * std::numbers::pi * std::sqrt(c.covariance.determinant()));
    }
    // float32 evaluation: about 1e-6 of the exponent, which is below 50 here.
    EXPECT_NEAR(scores.log_likelihood[i], std::log(density[0] + density[1]), 1e-4);
    EXPECT_NEAR(scores.probability(i, 0), density[0] / (density[0] + density[1]), 1e-4);
  }
}

TEST(GaussianMixtureTest, StaysFiniteFarFromEveryComponent) {
  GaussianMixture mixture;
  mixture.components.push_back({1, Eigen::Vector2d(0, 0), Eigen::Matrix2d::Identity() * 1e-4});
  mixture.components.push_back({0, Eigen::Vector2d(9, 9), Eigen::Matrix2d::Zero()});
  PointMatrix points(1, 2);
  points << 1000, 1000;
  const MixtureScores scores = ScorePoints(mixture, points);
  EXPECT_TRUE(std::isfinite(scores.log_likelihood[0]));
  EXPECT_NEAR(scores.probability.sum(), 1, 1e-5);
}

TEST(GaussianMixtureTest, RaisesTheLikelihoodWithEveryStepOfEm) {
  const PointMatrix points = TwoGroups(400, 3);
  std::vector<int> labels(points.rows());
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = i % 2;  // as wrong as can be
  labels[0] = labels[2] = 1;
  GaussianMixture mixture = MixtureOfLabels(points, labels, 2, 1e-9);
  double before = -INFINITY;
  for (int step = 0; step < 40; ++step) {
    EmOptions one;
    one.max_iterations = 1;
    const EmResult result = RunEm(mixture, points, one);
    EXPECT_GE(result.log_likelihood, before - 1e-6) << step;  // float32 sums
    before = result.log_likelihood;
    mixture = result.mixture;
  }
}

TEST(GaussianMixtureTest, FindsTheParametersThatMadeThePoints) {
  const PointMatrix points = TwoGroups(3000, 6);
  MixtureFitOptions options;
  options.min_components = options.max_components = 2;
  MixtureFit fit = *FitMixture(points, options);
  std::sort(fit.mixture.components.begin(), fit.mixture.components.end(),
            [](const auto& a, const auto& b) { return a.mean[0] < b.mean[0]; });
  // Four standard errors: of a mean 1 / sqrt(3000), of a variance sqrt(2 / 3000).
  EXPECT_NEAR(fit.mixture.components[0].mean[0], 0, 0.073);
  EXPECT_NEAR(fit.mixture.components[1].mean[0], 6, 0.073);
  EXPECT_NEAR(fit.mixture.components[1].covariance(0, 0), 1, 0.104);
  EXPECT_NEAR(fit.mixture.components[0].weight, 0.5, 0.01);
}

TEST(MixtureFitTest, ChoosesTheNumberOfComponentsByBic) {
  EXPECT_EQ(FitMixture(TwoGroups(500, 5), {})->mixture.size(), 2);
  EXPECT_EQ(FitMixture(TwoGroups(500, 0), {})->mixture.size(), 1);
}

TEST(MixtureFitTest, FindsAGroupOfOnePercent) {
  PointMatrix points = TwoGroups(990, 8);
  Random random(9);
  for (int i = 0; i < 20; ++i) {
    points(99 * i, 0) = static_cast<float>(4 + random.Normal());
    points(99 * i, 1) = static_cast<float>(9 + random.Normal());
  }
  const MixtureFit fit = *FitMixture(points, {});
  ASSERT_EQ(fit.mixture.size(), 3);
  const MixtureScores scores = ScorePoints(fit.mixture, points);
  std::set<int> of_rare, of_others;
  for (int i = 0; i < points.rows(); ++i) {
    int k;
    scores.probability.row(i).maxCoeff(&k);
    (i % 99 == 0 && i / 99 < 20 ? of_rare : of_others).insert(k);
  }
  EXPECT_EQ(of_rare.size(), 1u);
  EXPECT_EQ(of_others.count(*of_rare.begin()), 0u);
}

// Dopants and vacancies beside two sublattices: one broad component would hold both, and starts
// from nothing often end there.
TEST(MixtureFitTest, TellsRareGroupsOnEitherSideOfTheRestApart) {
  int mixed = 0;
  for (int seed = 1; seed <= 12; ++seed) {
    Random random(seed);
    PointMatrix points(3655, 2);
    for (int i = 0; i < points.rows(); ++i) {
      const bool bright = i < 20, dark = i >= 20 && i < 55;
      const double x = i % 2 == 0 ? 4 : -4;
      const double y = bright ? 9 : dark ? -6 : 0;
      points.row(i) << static_cast<float>(x + random.Normal()),
          static_cast<float>(y + 1.2 * random.Normal());
    }
    const MixtureFit fit = *FitMixture(points, {});
    const MixtureScores scores = ScorePoints(fit.mixture, points);
    std::set<int> bright, dark;
    for (int i = 0; i < 55; ++i) {
      int component;
      scores.probability.row(i).maxCoeff(&component);
      (i < 20 ? bright : dark).insert(component);
    }
    mixed += std::any_of(bright.begin(), bright.end(),
                         [&](int component) { return dark.contains(component); });
  }
  // Splitting components is no guarantee; without it all 12 are mixed.
  EXPECT_LE(mixed, 3);
}

TEST(MixtureFitTest, GivesTheSameMixtureForTheSameSeed) {
  const PointMatrix points = TwoGroups(300, 2);
  MixtureFitOptions options;
  options.min_components = options.max_components = 3;
  const MixtureFit a = *FitMixture(points, options), b = *FitMixture(points, options);
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(a.mixture.components[k].mean, b.mixture.components[k].mean);
    EXPECT_EQ(a.mixture.components[k].weight, b.mixture.components[k].weight);
  }
}

TEST(MixtureFitTest, SaysWhenThereAreTooFewPoints) {
  MixtureFitOptions options;
  options.min_components = options.max_components = 3;
  const absl::Status status = FitMixture(TwoGroups(8, 5), options).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(status.message(), HasSubstr("16 atoms for 3 components in 2 dimensions: needs 18"));
}

TEST(MixtureFitTest, SurvivesPointsThatAreAllAlike) {
  const PointMatrix points = PointMatrix::Ones(100, 2);
  const MixtureFit one = *FitMixture(points, {});
  EXPECT_EQ(one.mixture.size(), 1);
  MixtureFitOptions options;
  options.min_components = options.max_components = 3;
  EXPECT_TRUE(absl::IsResourceExhausted(FitMixture(points, options).status()));
}

TEST(MixtureFitTest, NamesTheWrongOption) {
  MixtureFitOptions options;
  options.min_components = 4;
  options.max_components = 3;
  EXPECT_THAT(FitMixture(TwoGroups(50, 5), options).status().message(),
              HasSubstr("max_components = 3"));
}

}  // namespace
}  // namespace atomstream
