#include "detectors/unet/probability_atoms.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

struct Spot {
  double x, y, height, sigma;
};

Image Map(int width, int height, const std::vector<Spot>& spots) {
  Image map(height, width, 0.0f);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const Spot& spot : spots) {
        const double d2 = (x - spot.x) * (x - spot.x) + (y - spot.y) * (y - spot.y);
        const double value = spot.height * std::exp(-d2 / (2 * spot.sigma * spot.sigma));
        map(y, x) = std::max(map(y, x), static_cast<float>(value));
      }
    }
  }
  return map;
}

// By the height of the bumps.
std::vector<ProbabilityAtom> Find(const Image& mean, double threshold = 0.4, double spacing = 3) {
  return FindProbabilityAtoms(
      mean, Image(),
      {.d_nn_px = 6, .min_spacing_px = spacing, .atom_area_px2 = 0, .threshold = threshold});
}

// By their mass, of which a sure atom of `kTaughtSigma` has as much as a Gaussian of height 1.
constexpr double kTaughtSigma = 1.08;  // 0.18 of 6 px
std::vector<ProbabilityAtom> FindByMass(const Image& mean, double threshold = 0) {
  return FindProbabilityAtoms(mean, Image(),
                              {.d_nn_px = 6,
                               .min_spacing_px = 3,
                               .atom_area_px2 = 2 * M_PI * kTaughtSigma * kTaughtSigma,
                               .threshold = threshold});
}

// Twelve by twelve spots about 6 px apart, at random places between the pixels.
std::vector<Spot> RandomLattice(double sigma, std::mt19937& random) {
  std::uniform_real_distribution<double> between(-0.5, 0.5);
  std::vector<Spot> spots;
  for (int row = 0; row < 12; ++row) {
    for (int column = 0; column < 12; ++column) {
      spots.push_back(
          {6.0 * column + 5 + between(random), 6.0 * row + 5 + between(random), 0.95, sigma});
    }
  }
  return spots;
}

double RootMeanSquareError(const std::vector<ProbabilityAtom>& atoms,
                           const std::vector<Spot>& spots) {
  double sum = 0;
  for (const Spot& spot : spots) {
    double nearest = 1e9;
    for (const ProbabilityAtom& atom : atoms) {
      nearest = std::min(nearest, std::hypot(atom.x_px - spot.x, atom.y_px - spot.y));
    }
    sum += nearest * nearest;
  }
  return std::sqrt(sum / spots.size());
}

TEST(ProbabilityAtomsTest, FindsCentresBetweenThePixels) {
  std::mt19937 random(3);
  // What training aims at is 0.18 of 6 px.
  for (const double sigma : {0.9, 1.08, 1.5}) {
    const std::vector<Spot> spots = RandomLattice(sigma, random);
    const Image map = Map(76, 76, spots);
    EXPECT_EQ(Find(map).size(), spots.size());
    // The disk of 0.42 d_NN holds most of a bump and little of the next: that is the error.
    EXPECT_LT(RootMeanSquareError(Find(map), spots), sigma < 1.2 ? 0.02 : 0.06) << sigma;
    Image noisy = map.clone();
    std::normal_distribution<float> noise(0, 0.02f);
    for (float& value : noisy) value += noise(random);
    EXPECT_LT(RootMeanSquareError(Find(noisy), spots), sigma < 1.2 ? 0.04 : 0.08) << sigma;
  }
}

TEST(ProbabilityAtomsTest, FindsCentresOfSaturatedSpots) {
  std::mt19937 random(4);
  const std::vector<Spot> spots = RandomLattice(1.5, random);
  Image map = Map(76, 76, spots);
  for (float& value : map) value = static_cast<float>(1 / (1 + std::exp(-14 * (value - 0.4))));
  EXPECT_EQ(Find(map).size(), spots.size());
  // A quadratic through the flat tops would be off by 0.4 px.
  EXPECT_LT(RootMeanSquareError(Find(map), spots), 0.1);
}

TEST(ProbabilityAtomsTest, ComesByFallingConfidenceAndStopsAtTheThreshold) {
  const auto atoms =
      Find(Map(60, 20, {{10, 10, 0.39, 1}, {20, 10, 0.41, 1}, {30, 10, 0.9, 1}, {40, 10, 0.7, 1}}));
  ASSERT_EQ(atoms.size(), 3u);
  EXPECT_FLOAT_EQ(atoms[0].confidence, 0.9f);
  EXPECT_FLOAT_EQ(atoms[1].confidence, 0.7f);
  EXPECT_FLOAT_EQ(atoms[2].confidence, 0.41f);
}

TEST(ProbabilityAtomsTest, TheSurerOfTwoTooCloseStays) {
  const std::vector<Spot> pair = {{20, 10, 0.8, 0.7}, {24.2, 10, 0.9, 0.7}};
  EXPECT_EQ(Find(Map(40, 20, pair), 0.4, 4).size(), 2u);
  const auto atoms = Find(Map(40, 20, pair), 0.4, 5);
  ASSERT_EQ(atoms.size(), 1u);
  EXPECT_NEAR(atoms[0].x_px, 24.2, 0.1);
}

TEST(ProbabilityAtomsTest, AFlatTopIsOneAtom) {
  Image map(20, 20, 0.0f);
  map(cv::Rect(8, 9, 3, 3)) = 1.0f;
  const auto atoms = Find(map);
  ASSERT_EQ(atoms.size(), 1u);
  EXPECT_NEAR(atoms[0].x_px, 9, 1e-3);
  EXPECT_NEAR(atoms[0].y_px, 10, 1e-3);
  // The mean square distance from the centre of nine pixels is 4 / 3.
  EXPECT_NEAR(atoms[0].sigma_px, std::sqrt(2.0 / 3), 1e-3);
}

TEST(ProbabilityAtomsTest, MeasuresTheScaleOfASpot) {
  for (const double sigma : {0.8, 1.08, 1.4}) {
    const auto atoms = Find(Map(40, 40, {{20, 20, 0.8, sigma}}), 0.4, 4);
    ASSERT_EQ(atoms.size(), 1u);
    // Without what lies beyond 0.42 d_NN: 1 % to 20 % too small.
    EXPECT_LT(atoms[0].sigma_px, 1.01 * sigma);
    EXPECT_GT(atoms[0].sigma_px, (sigma < 1.2 ? 0.85 : 0.75) * sigma);
  }
}

TEST(ProbabilityAtomsTest, ReadsConfidenceAndSpreadAtThePeak) {
  Image variance(20, 20, 0.5f);
  variance(10, 12) = 0.04f;
  const auto atoms = FindProbabilityAtoms(Map(20, 20, {{12, 10, 0.7, 1}}), variance,
                                          {.d_nn_px = 6, .min_spacing_px = 3, .threshold = 0.4});
  ASSERT_EQ(atoms.size(), 1u);
  EXPECT_FLOAT_EQ(atoms[0].confidence, 0.7f);
  EXPECT_FLOAT_EQ(atoms[0].spread, 0.2f);
}

TEST(ProbabilityAtomsTest, NoAtomIsSurerThanSure) {
  Image map = Map(20, 20, {{12, 10, 0.7, 1}});
  map(10, 12) = std::nextafter(1.0f, 2.0f);
  const auto atoms = Find(map);
  ASSERT_EQ(atoms.size(), 1u);
  EXPECT_EQ(atoms[0].confidence, 1);
}

TEST(ProbabilityAtomsTest, FindsAtomsOnTheBorder) {
  const auto atoms = Find(Map(30, 30, {{0, 15.3, 0.9, 1}, {29, 29, 0.8, 1}, {1.2, 4, 0.7, 1}}));
  ASSERT_EQ(atoms.size(), 3u);
  EXPECT_NEAR(atoms[0].x_px, 0, 0.01);
  EXPECT_NEAR(atoms[0].y_px, 15.3, 0.15);
  EXPECT_NEAR(atoms[1].x_px, 29, 0.01);
  EXPECT_NEAR(atoms[1].y_px, 29, 0.01);
  EXPECT_NEAR(atoms[2].x_px, 1.2, 0.2);
  EXPECT_NEAR(atoms[2].y_px, 4, 0.05);
}

TEST(ProbabilityAtomsTest, AnAtomOnTheBorderIsAsSureAsOneInside) {
  const auto atoms = FindByMass(
      Map(30, 30, {{15, 15, 1, kTaughtSigma}, {0, 15, 1, kTaughtSigma}, {29, 29, 1, kTaughtSigma}}),
      0.4);
  ASSERT_EQ(atoms.size(), 3u);
  for (const ProbabilityAtom& atom : atoms) EXPECT_GT(atom.confidence, 0.9) << atom.x_px;
}

TEST(ProbabilityAtomsTest, AWideLowBumpIsAsSureAsANarrowHighOneOfTheSameMass) {
  // Twice the area at half the height: noise hides the place, not that an atom is there.
  const auto atoms =
      FindByMass(Map(60, 30, {{15, 15, 1, kTaughtSigma}, {45, 15, 0.5, 1.41 * kTaughtSigma}}), 0.4);
  ASSERT_EQ(atoms.size(), 2u);
  EXPECT_NEAR(atoms[0].confidence, 1, 0.05);
  // What is beyond reach is lost: a fifth of the wider bump.
  EXPECT_GT(atoms[1].confidence, 0.75);
  EXPECT_NEAR(Find(Map(60, 30, {{45, 15, 0.5, 1.41 * kTaughtSigma}}))[0].confidence, 0.5, 0.01);
}

TEST(ProbabilityAtomsTest, TakesTheAtomsWithTheGreatestExpectedF1) {
  // One sure atom and nine of 0.2. Taking k of these is expected to score
  // 2 (1 + 0.2 k) / (1 + k + 2.8): 0.53 for none and, rising, 0.70 for nine would be with more
  // there; each of 0.2 is worth taking only while it exceeds half the F1 reached.
  std::vector<Spot> spots = {{8, 8, 1, kTaughtSigma}};
  for (int i = 1; i < 10; ++i) spots.push_back({8 + 12.0 * i, 8, 0.2, kTaughtSigma});
  EXPECT_EQ(FindByMass(Map(130, 17, spots)).size(), 1u);
  // Where all are as unsure, half of nothing is exceeded at once: all are taken.
  spots[0].height = 0.2;
  EXPECT_EQ(FindByMass(Map(130, 17, spots)).size(), 10u);
}

TEST(ProbabilityAtomsTest, AnEmptyMapHasNone) {
  EXPECT_TRUE(Find(Image(50, 50, 0.0f)).empty());
  EXPECT_TRUE(Find(Image(1, 1, 0.0f)).empty());
  EXPECT_TRUE(FindByMass(Image(50, 50, 0.0f)).empty());
  EXPECT_EQ(Find(Image(1, 1, 0.9f)).size(), 1u);
}

}  // namespace
}  // namespace atomstream
