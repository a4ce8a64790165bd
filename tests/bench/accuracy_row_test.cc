#include "tests/bench/accuracy_row.h"

#include "core/base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/accuracy_aims.h"

namespace atomstream::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

AccuracyRow Measure(const AccuracyCaseOptions& options) {
  const SystemClock clock;
  LogStarOptions log_star_options;
  log_star_options.material = options.material;
  const auto log_star = LogStar::Create(log_star_options, &clock).value();
  return MeasureAccuracy(MakeAccuracyCase(options).value(), *log_star, 0.5).value();
}

// The aim is the project's: without labels, within 0.02 of the oracle up to noise 0.5.
TEST(AccuracyTest, LogStarKeepsUpWithTheOracle) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (const double noise : {0.0, 0.3}) {
      AccuracyCaseOptions options;
      options.material = material;
      options.noise = noise;
      options.hole_fraction = 0.067;
      const AccuracyRow row = Measure(options);
      EXPECT_GT(row.oracle_f1, 0.85) << material << " " << noise;
      EXPECT_GE(row.f1, row.oracle_f1 - 0.02) << material << " " << noise;
      EXPECT_LE(row.in_vacuum, 0.01 * row.truth) << material << " " << noise;
    }
  }
}

TEST(AccuracyTest, WrongPixelSizeIsFlaggedAndCostsNothing) {
  AccuracyCaseOptions options;
  options.noise = 0.3;
  const AccuracyRow right = Measure(options);
  options.metadata_error = 0.2;
  const AccuracyRow wrong = Measure(options);
  EXPECT_EQ(right.metadata_disagrees, 0);
  EXPECT_EQ(wrong.metadata_disagrees, 1);
  EXPECT_NEAR(wrong.f1, right.f1, 0.01);
}

AccuracyRow RowWith(double f1, double oracle_f1, double noise) {
  AccuracyRow row;
  row.options.noise = noise;
  row.options.pixel_size_nm = 0.025;  // for which there are no naive figures
  row.f1 = f1;
  row.oracle_f1 = oracle_f1;
  row.truth = 1000;
  return row;
}

TEST(MissedAimsTest, ComparesWithTheOracleByNoise) {
  EXPECT_THAT(MissedAims(RowWith(0.95, 0.96, 0.3), true), IsEmpty());
  EXPECT_THAT(MissedAims(RowWith(0.93, 0.96, 0.3), true), ElementsAre(HasSubstr("oracle 0.960")));
  EXPECT_THAT(MissedAims(RowWith(0.93, 0.96, 0.7), true), IsEmpty());
  EXPECT_THAT(MissedAims(RowWith(0.90, 0.96, 0.7), true), ElementsAre(HasSubstr("0.05")));
}

TEST(MissedAimsTest, ComparesWithTheNaiveLoopWhereItWasMeasured) {
  AccuracyRow row = RowWith(0.7, 0.7, 0.7);
  row.options.pixel_size_nm = 0.02;
  row.options.hole_fraction = 0.067;
  EXPECT_THAT(MissedAims(row, true), IsEmpty());
  row.f1 = row.oracle_f1 = 0.64;
  EXPECT_THAT(MissedAims(row, true), ElementsAre(HasSubstr("naive Python LoG* 0.651")));
}

TEST(MissedAimsTest, HoldsFineGrapheneToItsOwnAims) {
  AccuracyRow row = RowWith(0.95, 0.9, 0.3);
  row.options.pixel_size_nm = 0.02;
  row.in_vacuum = 15;
  EXPECT_THAT(MissedAims(row, true),
              ElementsAre(HasSubstr("< 0.96"), HasSubstr("15.0 atoms invented in vacuum")));
  EXPECT_THAT(MissedAims(row, false), IsEmpty());
}

TEST(MissedAimsTest, WrongMetadataMustBeFlaggedOnEveryFrame) {
  AccuracyRow row = RowWith(0.95, 0.95, 0.3);
  row.seeds = 3;
  row.metadata_disagrees = 2;
  row.options.metadata_error = 0.2;
  EXPECT_THAT(MissedAims(row, true), ElementsAre(HasSubstr("2 of 3")));
}

TEST(MeanOfTest, AveragesSeedsAndKeepsWhatTheySay) {
  AccuracyRow a = RowWith(0.9, 1.0, 0.3);
  AccuracyRow b = RowWith(0.8, 0.9, 0.3);
  a.preprocessing = "none";
  b.preprocessing = "lattice";
  b.metadata_disagrees = 1;
  const AccuracyRow mean = MeanOf({a, b});
  EXPECT_EQ(mean.seeds, 2);
  EXPECT_NEAR(mean.f1, 0.85, 1e-12);
  EXPECT_NEAR(mean.Difference(), -0.1, 1e-12);
  EXPECT_EQ(mean.metadata_disagrees, 1);
  EXPECT_EQ(mean.preprocessing, "lattice+none");
}

}  // namespace
}  // namespace atomstream::bench
