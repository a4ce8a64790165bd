#include "core/evaluate/matching.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Points = std::vector<PointPx>;

MatchOptions Within(double radius) {
  MatchOptions options;
  options.radius_px = radius;
  return options;
}

TEST(MatchOneToOneTest, CountsHitsMissesAndInventions) {
  const Points truth = {{10, 10}, {20, 10}, {30, 10}};
  const Points predicted = {{10.3, 10.4}, {20, 8}, {50, 50}};
  const Matching m = MatchOneToOne(predicted, truth, Within(3)).value();
  EXPECT_EQ(m.true_positives, 2);
  EXPECT_EQ(m.false_positives, 1);
  EXPECT_EQ(m.false_negatives, 1);
  EXPECT_DOUBLE_EQ(m.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.f1, 2.0 / 3);
  EXPECT_NEAR(m.rmse_px, std::sqrt((0.25 + 4) / 2), 1e-12);
  EXPECT_THAT(m.unmatched_predicted, ElementsAre(2));
  EXPECT_THAT(m.unmatched_truth, ElementsAre(2));
  ASSERT_EQ(m.pairs.size(), 2u);
  EXPECT_EQ(m.pairs[0].predicted, 0);
  EXPECT_EQ(m.pairs[0].truth, 0);
  EXPECT_NEAR(m.pairs[0].distance_px, 0.5, 1e-12);
}

TEST(MatchOneToOneTest, SecondPredictionOnAnAtomIsFalse) {
  const Matching m = MatchOneToOne({{11, 10}, {10, 10}, {9, 10}}, {{10, 10}}, Within(3)).value();
  EXPECT_EQ(m.true_positives, 1);
  EXPECT_EQ(m.false_positives, 2);
  EXPECT_EQ(m.pairs[0].predicted, 1);
}

TEST(MatchOneToOneTest, NearestPairWinsWhateverTheOrder) {
  // Prediction 0 is nearer to atom 1 than to atom 0, and so takes it from prediction 1.
  const Points truth = {{0, 0}, {4, 0}};
  const Points predicted = {{2.5, 0}, {5.8, 0}};
  const Matching m = MatchOneToOne(predicted, truth, Within(2.6)).value();
  EXPECT_EQ(m.true_positives, 1);
  EXPECT_EQ(m.pairs[0].predicted, 0);
  EXPECT_EQ(m.pairs[0].truth, 1);
  EXPECT_THAT(m.unmatched_predicted, ElementsAre(1));
}

TEST(MatchOneToOneTest, TiesGoToTheLowerTrueThenTheLowerPredictedIndex) {
  const Matching between = MatchOneToOne({{1, 0}}, {{2, 0}, {0, 0}}, Within(1)).value();
  ASSERT_EQ(between.pairs.size(), 1u);
  EXPECT_EQ(between.pairs[0].truth, 0);
  const Matching around = MatchOneToOne({{0, 1}, {1, 0}}, {{0, 0}}, Within(1)).value();
  ASSERT_EQ(around.pairs.size(), 1u);
  EXPECT_EQ(around.pairs[0].predicted, 0);
}

TEST(MatchOneToOneTest, RadiusIsIncluded) {
  EXPECT_EQ(MatchOneToOne({{3, 4}}, {{0, 0}}, Within(5))->true_positives, 1);
  EXPECT_EQ(MatchOneToOne({{3, 4.001}}, {{0, 0}}, Within(5))->true_positives, 0);
}

TEST(MatchOneToOneTest, EmptyListsHaveDefinedScores) {
  const Matching nothing = MatchOneToOne({}, {}, Within(1)).value();
  EXPECT_EQ(nothing.f1, 1);
  EXPECT_EQ(nothing.precision, 1);
  EXPECT_EQ(nothing.recall, 1);
  EXPECT_EQ(nothing.rmse_px, 0);
  const Matching missed = MatchOneToOne({}, {{1, 1}}, Within(1)).value();
  EXPECT_EQ(missed.false_negatives, 1);
  EXPECT_EQ(missed.f1, 0);
  EXPECT_EQ(missed.precision, 0);
  EXPECT_EQ(missed.recall, 0);
  const Matching invented = MatchOneToOne({{1, 1}}, {}, Within(1)).value();
  EXPECT_EQ(invented.false_positives, 1);
  EXPECT_EQ(invented.f1, 0);
  EXPECT_EQ(invented.precision, 0);
  EXPECT_EQ(invented.recall, 0);
}

TEST(MatchOneToOneTest, BorderAtomsAreNeitherMissedNorFalse) {
  MatchOptions options = Within(2);
  options.border_px = 5;
  options.width_px = 100;
  options.height_px = 50;
  // Inside: x in [4.5, 94.5], y in [4.5, 44.5].
  const Points truth = {{1, 20}, {50, 20}, {99, 40}, {60, 44.6}};
  const Points predicted = {{3, 3}, {50, 21}, {99, 39}, {97, 10}};
  const Matching m = MatchOneToOne(predicted, truth, options).value();
  EXPECT_EQ(m.true_positives, 1);  // not the pair at x = 99
  EXPECT_EQ(m.false_positives, 0);
  EXPECT_EQ(m.false_negatives, 0);
  EXPECT_THAT(m.unmatched_truth, IsEmpty());
  EXPECT_EQ(MatchOneToOne(predicted, truth, Within(2))->false_positives, 2);
  EXPECT_EQ(MatchOneToOne(predicted, truth, Within(2))->false_negatives, 2);
}

TEST(MatchOneToOneTest, PairAcrossTheBorderCountsByItsTrueAtom) {
  MatchOptions options = Within(2);
  options.border_px = 5;
  options.width_px = options.height_px = 100;
  const Matching inside = MatchOneToOne({{4, 50}}, {{5, 50}}, options).value();
  EXPECT_EQ(inside.true_positives, 1);
  const Matching outside = MatchOneToOne({{5, 50}}, {{4, 50}}, options).value();
  EXPECT_EQ(outside.true_positives + outside.false_positives + outside.false_negatives, 0);
}

TEST(MatchOneToOneTest, IsTheLargestMatchingForSeparatedAtoms) {
  // Atoms on a grid of 10 px, each with a prediction within 5 px: all match, whatever the order.
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> angle(0, 6.28), radius(0, 4.99);
  Points truth, predicted;
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 70; ++x) {
      truth.push_back({10.0 * x, 10.0 * y});
      const double a = angle(random), r = radius(random);
      predicted.push_back({10 * x + r * std::cos(a), 10 * y + r * std::sin(a)});
    }
  }
  std::shuffle(predicted.begin(), predicted.end(), random);
  const Matching m = MatchOneToOne(predicted, truth, Within(5)).value();
  EXPECT_EQ(m.true_positives, 4200);
  EXPECT_EQ(m.f1, 1);
}

TEST(MatchOneToOneTest, ThousandsOfAtomsTakeMilliseconds) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> coordinate(0, 512);
  Points truth(4000), predicted(4000);
  for (PointPx& p : truth) p = {coordinate(random), coordinate(random)};
  for (PointPx& p : predicted) p = {coordinate(random), coordinate(random)};
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(MatchOneToOne(predicted, truth, Within(4)).ok());
  // About 1 ms; comparing all pairs takes 20 times longer. The bound leaves room for sanitizers.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
}

TEST(MatchOneToOneTest, RejectedInputIsNamedWithItsValue) {
  const auto message = [](const Points& predicted, const Points& truth,
                          const MatchOptions& options) {
    const auto result = MatchOneToOne(predicted, truth, options);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(result.status().message());
  };
  EXPECT_THAT(message({}, {}, Within(0)), HasSubstr("radius_px = 0"));
  EXPECT_THAT(message({}, {}, Within(NAN)), HasSubstr("radius_px = nan"));
  EXPECT_THAT(message({{0, 0}, {NAN, 1}}, {}, Within(1)), HasSubstr("predicted[1]"));
  EXPECT_THAT(message({}, {{0, INFINITY}}, Within(1)), HasSubstr("truth[0] = (0, inf)"));
  MatchOptions border = Within(1);
  border.border_px = 3;
  EXPECT_THAT(message({}, {}, border), HasSubstr("width_px = 0"));
  border.border_px = -1;
  EXPECT_THAT(message({}, {}, border), HasSubstr("border_px = -1"));
}

}  // namespace
}  // namespace atomstream
