#include "core/simulate/random.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

constexpr int kSamples = 200000;

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

template <typename Draw>
Moments Measure(Draw draw) {
  std::vector<double> values(kSamples);
  Moments m;
  for (double& value : values) m.mean += (value = draw()) / kSamples;
  for (const double value : values) m.variance += std::pow(value - m.mean, 2) / kSamples;
  for (const double value : values) {
    const double z = (value - m.mean) / std::sqrt(m.variance);
    m.skewness += std::pow(z, 3) / kSamples;
    m.kurtosis += std::pow(z, 4) / kSamples;
  }
  return m;
}

// Tolerances are five standard errors of the estimate from kSamples draws.
double StandardError(double standard_deviation) {
  return 5 * standard_deviation / std::sqrt(kSamples);
}

TEST(RandomTest, SameSeedGivesSameSequence) {
  Random a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t bits = a.Bits();
    EXPECT_EQ(bits, b.Bits());
    differs |= bits != c.Bits();
  }
  EXPECT_TRUE(differs);
}

TEST(RandomTest, DerivedSeedsDependOnSeedAndStream) {
  EXPECT_EQ(DeriveSeed(1, 2), DeriveSeed(1, 2));
  EXPECT_NE(DeriveSeed(1, 2), DeriveSeed(1, 3));
  EXPECT_NE(DeriveSeed(1, 2), DeriveSeed(2, 2));
  EXPECT_NE(DeriveSeed(1, 2), DeriveSeed(2, 1));
}

TEST(RandomTest, UniformCoversItsInterval) {
  Random random(1);
  const Moments m = Measure([&] { return random.Uniform(2, 5); });
  EXPECT_NEAR(m.mean, 3.5, StandardError(std::sqrt(9.0 / 12)));
  EXPECT_NEAR(m.variance, 9.0 / 12, 0.01);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.Uniform();
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 1);
  }
}

TEST(RandomTest, IndexIsEven) {
  Random random(2);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[random.Index(7)];
  // 10000 +- 5 binomial standard deviations (92.6).
  for (const int count : counts) EXPECT_NEAR(count, 10000, 463);
}

TEST(RandomTest, NormalHasTheMomentsOfANormal) {
  Random random(3);
  const Moments m = Measure([&] { return random.Normal(); });
  EXPECT_NEAR(m.mean, 0, StandardError(1));
  EXPECT_NEAR(m.variance, 1, StandardError(std::sqrt(2)));
  EXPECT_NEAR(m.skewness, 0, StandardError(std::sqrt(6)));
  EXPECT_NEAR(m.kurtosis, 3, StandardError(std::sqrt(24)));
}

TEST(RandomTest, NormalHasTheDistributionOfANormal) {
  // Shares below points that lie in different parts of the ziggurat, the tail included.
  Random random(4);
  std::vector<double> values(kSamples);
  for (double& value : values) value = random.Normal();
  for (const double at : {-3.8, -3.0, -2.0, -1.0, -0.3, 0.0, 0.7, 1.5, 2.5, 3.7}) {
    const double expected = 0.5 * std::erfc(-at / std::sqrt(2.0));
    double below = 0;
    for (const double value : values) below += value < at;
    EXPECT_NEAR(below / kSamples, expected, StandardError(std::sqrt(expected * (1 - expected))))
        << "below " << at;
  }
}

TEST(RandomTest, PoissonHasMeanAndVarianceOfItsRate) {
  // 9.9 and 10.1 straddle the change of method.
  for (const double rate : {0.05, 1.0, 9.9, 10.1, 50.0, 3000.0}) {
    Random random(5);
    const Moments m = Measure([&] { return random.Poisson(rate); });
    EXPECT_NEAR(m.mean, rate, StandardError(std::sqrt(rate))) << rate;
    // Variance of the sample variance of a Poisson: (rate + 2 rate^2) / n.
    EXPECT_NEAR(m.variance, rate, StandardError(std::sqrt(rate + 2 * rate * rate))) << rate;
  }
}

TEST(RandomTest, PoissonHasTheDistributionOfAPoisson) {
  const double rate = 12;
  Random random(6);
  std::vector<double> counts(60);
  for (int i = 0; i < kSamples; ++i) {
    const double value = random.Poisson(rate);
    ASSERT_EQ(value, std::floor(value));
    if (value < 60) ++counts[static_cast<int>(value)];
  }
  for (const int k : {2, 5, 9, 12, 15, 20, 25}) {
    const double expected = std::exp(k * std::log(rate) - rate - std::lgamma(k + 1.0));
    EXPECT_NEAR(counts[k] / kSamples, expected, StandardError(std::sqrt(expected))) << k;
  }
}

TEST(RandomTest, PoissonOfNothingIsZero) {
  Random random(7);
  EXPECT_EQ(random.Poisson(0), 0);
  EXPECT_EQ(random.Poisson(-3), 0);
}

}  // namespace
}  // namespace atomstream
