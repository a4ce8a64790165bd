#include "core/base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/accuracy_grid.h"
#include "tests/bench/comparison_aims.h"
#include "tests/bench/comparison_plot.h"
#include "tests/bench/comparison_row.h"
#include "tests/bench/tested_detector.h"

namespace atomstream::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

MatchOptions RadiusTwo() {
  MatchOptions match;
  match.radius_px = 2;
  match.border_px = 10;
  match.width_px = match.height_px = 100;
  return match;
}

TEST(ScoreDetectionTest, OneSidedCountsReturnTwiceWhatIsFoundTwice) {
  const std::vector<PointPx> truth = {{20, 20}, {50, 50}};
  const std::vector<PointPx> atoms = {{20, 20}, {21, 20}, {70, 70}};
  const DetectionScore score = ScoreDetection(atoms, truth, {}, RadiusTwo()).value();
  EXPECT_EQ(score.matching.true_positives, 1);
  EXPECT_EQ(score.matching.false_positives, 2);
  EXPECT_EQ(score.matching.false_negatives, 1);
  EXPECT_EQ(score.one_sided.true_positives, 2);
  EXPECT_EQ(score.one_sided.false_positives, 1);
  EXPECT_EQ(score.one_sided.false_negatives, 1);
}

TEST(ScoreDetectionTest, OneSidedCountsLeaveTheBorderOut) {
  const std::vector<PointPx> truth = {{5, 50}, {50, 50}, {9.5, 30}};
  // The last one lies inside, but belongs to the atom beyond the border.
  const std::vector<PointPx> atoms = {{5, 80}, {50, 51}, {10.5, 30}};
  const DetectionScore score = ScoreDetection(atoms, truth, {}, RadiusTwo()).value();
  EXPECT_EQ(score.one_sided.true_positives, 2);
  EXPECT_EQ(score.one_sided.false_positives, 0);
  EXPECT_EQ(score.one_sided.false_negatives, 0);
}

TEST(ScoreDetectionTest, CountsWhatIsInventedInVacuum) {
  cv::Mat_<uint8_t> vacuum = cv::Mat_<uint8_t>::zeros(100, 100);
  vacuum(cv::Rect(60, 60, 20, 20)) = 1;
  const DetectionScore score =
      ScoreDetection({{20, 20}, {70, 70}, {40, 40}}, {{20, 20}}, vacuum, RadiusTwo()).value();
  EXPECT_EQ(score.matching.false_positives, 2);
  EXPECT_EQ(score.in_vacuum, 1);
}

TEST(SummariseSeedsTest, GivesMeanAndSpread) {
  DetectionScore a, b;
  a.matching.f1 = 0.9;
  b.matching.f1 = 0.8;
  a.matching.true_positives = 80;  // of 100 that were scored
  a.matching.false_negatives = 20;
  b.matching.true_positives = 40;  // of 50
  b.matching.false_negatives = 10;
  b.one_sided.false_positives = 5;
  a.truth = 100;
  a.in_vacuum = 2;
  b.truth = 50;
  Detection x, y;
  x.device = y.device = "cpu";
  x.flags = {"one"};
  y.flags = {"two"};
  x.milliseconds = 10;
  y.milliseconds = 20;
  const ComparisonRow row = SummariseSeeds({}, "unet", {a, b}, {x, y});
  EXPECT_EQ(row.seeds, 2);
  EXPECT_NEAR(row.f1.mean, 0.85, 1e-12);
  EXPECT_NEAR(row.f1.deviation, 0.1 / std::sqrt(2), 1e-12);
  EXPECT_NEAR(row.counts.true_positives.mean, 60, 1e-12);
  // Specimens of different size, of which the same share was found.
  EXPECT_NEAR(row.count_shares.true_positives.mean, 0.8, 1e-12);
  EXPECT_NEAR(row.count_shares.true_positives.deviation, 0, 1e-12);
  EXPECT_NEAR(row.one_sided_shares.false_positives.mean, 0.05, 1e-12);
  EXPECT_NEAR(row.vacuum_share.mean, 0.01, 1e-12);
  EXPECT_NEAR(row.milliseconds.mean, 15, 1e-12);
  EXPECT_EQ(row.device, "cpu");
  EXPECT_EQ(row.flags, "one+two");
}

ComparisonRow Row(const std::string& detector, const std::string& material, double pixel_size_nm,
                  double noise, double f1) {
  ComparisonRow row;
  row.detector = detector;
  row.options.material = material;
  row.options.pixel_size_nm = pixel_size_nm;
  row.options.noise = noise;
  row.f1.mean = f1;
  return row;
}

TEST(UnetAimsTest, DependOnMaterialPixelSizeAndNoise) {
  const auto aim = [](const char* material, double pixel_size_nm, double noise) {
    return UnetF1Aim(Row("unet", material, pixel_size_nm, noise, 1).options);
  };
  EXPECT_EQ(aim("SrTiO3", 0.01, 0.2), 0.99);
  EXPECT_EQ(aim("SrTiO3", 0.035, 0), 0.99);
  EXPECT_EQ(aim("SrTiO3", 0.036, 0), 0);
  EXPECT_EQ(aim("SrTiO3", 0.02, 0.3), 0);
  EXPECT_EQ(aim("graphene", 0.02, 0.2), 0.99);
  EXPECT_EQ(aim("graphene", 0.03, 0.2), 0.96);
  EXPECT_EQ(aim("graphene", 0.035, 0.1), 0);
}

TEST(UnetAimsTest, RowsBelowAnAimSaySo) {
  const ComparisonRow good = Row("unet", "graphene", 0.02, 0.2, 0.991);
  ComparisonRow bad = Row("unet", "graphene", 0.02, 0.2, 0.97);
  bad.vacuum_share.mean = 0.02;
  const ComparisonRow log_star = Row("log_star", "graphene", 0.02, 0.2, 0.98);
  EXPECT_THAT(MissedUnetAims(good, {good, log_star}), IsEmpty());
  EXPECT_THAT(
      MissedUnetAims(bad, {bad, log_star}),
      ElementsAre(HasSubstr("F1 0.9700 < 0.99"), HasSubstr("LoG*'s 0.9800"), HasSubstr("2.00 %")));
  EXPECT_THAT(MissedUnetAims(log_star, {bad, log_star}), IsEmpty());
}

TEST(UnetAimsTest, LogStarOnOtherFramesIsNoMeasure) {
  const ComparisonRow unet = Row("unet", "graphene", 0.02, 0.9, 0.7);
  EXPECT_THAT(MissedUnetAims(unet, {unet, Row("log_star", "graphene", 0.02, 0.7, 0.8)}), IsEmpty());
}

TEST(UnetAimsTest, NamedRealFramesHaveOne) {
  EXPECT_EQ(RealFrameF1Aim("dysco3-8nm", "coords_cubicnet"), 0.93);
  EXPECT_EQ(RealFrameF1Aim("mos2-7nm", "coords_exact"), 0);
  EXPECT_EQ(RealFrameF1Aim("graphene-si-libtest-3", "coords_defect_librarynet"), 0);
}

TEST(ComparisonFigureTest, HasARowOfPanelsForEachSpecimen) {
  std::vector<ComparisonRow> rows;
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (const double noise : {0.0, 0.3}) {
      for (const char* detector : {"log_star", "unet"}) {
        ComparisonRow row = Row(detector, material, 0.02, noise, 0.9);
        row.count_shares.true_positives.mean = 0.8;
        row.one_sided_shares.true_positives.mean = 0.9;
        rows.push_back(row);
      }
    }
  }
  const PlotFigure figure = ComparisonFigure(rows, PlotCounts::kOneToOne);
  ASSERT_EQ(figure.panels.size(), 8u);
  EXPECT_EQ(figure.columns, 4);
  EXPECT_THAT(figure.panels[0].row_title, HasSubstr("graphene"));
  EXPECT_THAT(figure.panels[4].row_title, HasSubstr("SrTiO3"));
  ASSERT_EQ(figure.panels[0].series.size(), 2u);
  EXPECT_EQ(figure.panels[0].series[1].name, "U-Net");
  ASSERT_EQ(figure.panels[0].series[1].points.size(), 2u);
  EXPECT_NEAR(figure.panels[0].series[1].points[1].x, 0.3, 1e-12);
  EXPECT_NEAR(figure.panels[0].series[1].points[1].y, 80, 1e-12);
  EXPECT_NEAR(figure.panels[3].series[0].points[0].y, 0.9, 1e-12);
  const PlotFigure one_sided = ComparisonFigure(rows, PlotCounts::kOneSided);
  EXPECT_NEAR(one_sided.panels[0].series[1].points[1].y, 90, 1e-12);
}

TEST(TestedDetectorTest, UnknownNameAndMissingModelAreRefused) {
  const SystemClock clock;
  EXPECT_THAT(std::string(MakeTestedDetector("dcnn", {}, {}, &clock).status().message()),
              HasSubstr("\"dcnn\" is neither log_star nor unet"));
  // Without libtorch the reason is another one.
  EXPECT_THAT(std::string(MakeTestedDetector("unet", {}, {}, &clock).status().message()),
              ::testing::AnyOf(HasSubstr("--model"), HasSubstr("without libtorch")));
}

TEST(TestedDetectorTest, LogStarFindsTheAtomsOfASimulatedFrame) {
  const SystemClock clock;
  AccuracyCaseOptions options;
  options.material = "SrTiO3";
  options.size_px = 128;
  const AccuracyCase c = MakeAccuracyCase(options).value();
  const auto detector = MakeTestedDetector("log_star", {}, {}, &clock).value();
  const Detection detection = detector->Detect(*c.frame).value();
  const DetectionScore score =
      ScoreDetection(detection.atoms, c.truth, c.vacuum, MatchOptionsFor(c.d_nn_px, 0.5, *c.frame))
          .value();
  // Without noise LoG* is to find all but what lies at the edge of the matching radius.
  EXPECT_GT(score.matching.f1, 0.98);
  EXPECT_EQ(detection.device, "cpu");
  EXPECT_GT(detection.milliseconds, 0);
}

TEST(AccuracyGridTest, NoiseIsTheFastestOfThePoints) {
  Flags flags({"--materials=graphene", "--pixel-sizes=0.02", "--hole=0", "--noise=0.1,0.2"}, {});
  const AccuracyGrid grid = ReadAccuracyGrid(flags).value();
  const std::vector<AccuracyCaseOptions> points = grid.Points();
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].noise, 0.1);
  EXPECT_EQ(points[1].noise, 0.2);
}

TEST(AccuracyGridTest, MistakesAreRefused) {
  Flags no_seeds({"--seeds=0"}, {});
  EXPECT_THAT(std::string(ReadAccuracyGrid(no_seeds).status().message()), HasSubstr("--seeds"));
  Flags specimen({"--specimen=liquid"}, {});
  EXPECT_THAT(std::string(ReadAccuracyGrid(specimen).status().message()), HasSubstr("liquid"));
}

}  // namespace
}  // namespace atomstream::bench
