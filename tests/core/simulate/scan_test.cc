#include "core/simulate/scan.h"

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

SpecimenOptions FieldOf(const std::string& material, const ScanOptions& scan) {
  SpecimenOptions options;
  options.material = FindMaterial(material, {}).value();
  options.field_width_nm = scan.width_px * scan.pixel_size_nm;
  options.field_height_nm = scan.height_px * scan.pixel_size_nm;
  options.rotation_rad = 0.21;
  return options;
}

ScanOptions SmallScan() {
  ScanOptions scan;
  scan.width_px = 160;
  scan.height_px = 128;
  return scan;
}

// A lattice so wide that the specimen holds a single atom, at its centre.
SpecimenOptions SingleAtom(const ScanOptions& scan, Vector2 at) {
  SpecimenOptions options = FieldOf("graphene", scan);
  options.material = {"single", {Vector2{90, 0}, Vector2{0, 90}}, {{{0, 0}, "X", 1}}};
  options.origin_nm = at;
  options.rotation_rad = 0;
  return options;
}

TEST(RenderFrameTest, EveryAtomIsALocalMaximum) {
  for (const char* name : {"graphene", "SrTiO3"}) {
    const ScanOptions scan = SmallScan();
    const Specimen specimen = BuildSpecimen(FieldOf(name, scan)).value();
    const SimulatedFrame frame = RenderFrame(specimen, scan, 0).value();
    int checked = 0;
    for (const TrueAtom& atom : frame.atoms) {
      const int x = std::lround(atom.x_px);
      const int y = std::lround(atom.y_px);
      if (x < 3 || y < 3 || x >= scan.width_px - 3 || y >= scan.height_px - 3) continue;
      ++checked;
      // The brightest pixel within 3 px (less than half of d_NN) is the atom's own or touches it.
      cv::Point brightest;
      cv::minMaxLoc(frame.image(cv::Rect(x - 3, y - 3, 7, 7)), nullptr, nullptr, nullptr,
                    &brightest);
      EXPECT_LE(std::abs(x - 3 + brightest.x - atom.x_px), 1.0);
      EXPECT_LE(std::abs(y - 3 + brightest.y - atom.y_px), 1.0);
    }
    EXPECT_GT(checked, 90) << name;
  }
}

TEST(RenderFrameTest, AtomIsTheProbesGaussianAtItsSubPixelPosition) {
  ScanOptions scan = SmallScan();
  scan.probe_sigma_nm = 0.05;
  const Specimen specimen = BuildSpecimen(SingleAtom(scan, {0.1234, -0.0567})).value();
  const SimulatedFrame frame = RenderFrame(specimen, scan, 0).value();
  ASSERT_EQ(frame.atoms.size(), 1u);
  const double x0 = 79.5 + 0.1234 / 0.02;
  const double y0 = 63.5 - 0.0567 / 0.02;
  EXPECT_NEAR(frame.atoms[0].x_px, x0, 1e-9);
  EXPECT_NEAR(frame.atoms[0].y_px, y0, 1e-9);
  const auto gaussian = [&](int x, int y) {
    return std::exp(-((x - x0) * (x - x0) + (y - y0) * (y - y0)) / (2 * 2.5 * 2.5));
  };
  // Scaled by the brightest pixel. 1e-5: tails cut at 5 sigma, float32.
  const double peak = gaussian(std::lround(x0), std::lround(y0));
  for (int y = 0; y < scan.height_px; ++y) {
    for (int x = 0; x < scan.width_px; ++x) {
      ASSERT_NEAR(frame.image(y, x), gaussian(x, y) / peak, 1e-5) << x << " " << y;
    }
  }
}

TEST(RenderFrameTest, CountsDensityTimesAreaAtomsInsideTheFrameOnly) {
  ScanOptions scan;
  scan.width_px = scan.height_px = 256;
  for (const char* name : {"graphene", "SrTiO3"}) {
    const SpecimenOptions options = FieldOf(name, scan);
    const Specimen specimen = BuildSpecimen(options).value();
    const SimulatedFrame frame = RenderFrame(specimen, scan, 0).value();
    const double density = options.material.DensityPerNm2();
    const double side = 256 * 0.02;
    EXPECT_NEAR(frame.atoms.size(), side * side * density, 4 * side * std::sqrt(density) / 2);
    for (const PointPx& p : frame.Positions()) {
      EXPECT_GE(p.x_px, -0.5);
      EXPECT_LT(p.x_px, 255.5);
      EXPECT_GE(p.y_px, -0.5);
      EXPECT_LT(p.y_px, 255.5);
    }
  }
}

TEST(RenderFrameTest, NoiseFreeFrameSpansZeroToOne) {
  const ScanOptions scan = SmallScan();
  SpecimenOptions options = FieldOf("graphene", scan);
  options.dopant_fraction = 0.01;
  options.contamination = 0.2;
  const SimulatedFrame frame = RenderFrame(BuildSpecimen(options).value(), scan, 0).value();
  double low, high;
  cv::minMaxLoc(frame.image, &low, &high);
  EXPECT_FLOAT_EQ(low, 0);
  EXPECT_FLOAT_EQ(high, 1);
}

TEST(RenderFrameTest, GaussianNoiseHasTheStandardDeviationAskedFor) {
  ScanOptions scan = SmallScan();
  const Specimen specimen = BuildSpecimen(FieldOf("graphene", scan)).value();
  const Image clean = RenderFrame(specimen, scan, 0)->image;
  for (const double level : {0.1, 0.5}) {
    scan.gaussian_noise = level;
    const Image noise = RenderFrame(specimen, scan, 0)->image - clean;
    cv::Scalar mean, deviation;
    cv::meanStdDev(noise, mean, deviation);
    const double pixels = noise.total();
    EXPECT_NEAR(mean[0], 0, 5 * level / std::sqrt(pixels));
    EXPECT_NEAR(deviation[0], level, 5 * level / std::sqrt(2 * pixels));
  }
}

TEST(RenderFrameTest, PoissonNoiseHasTheVarianceOfItsDose) {
  ScanOptions scan = SmallScan();
  const Specimen specimen = BuildSpecimen(FieldOf("graphene", scan)).value();
  const Image clean = RenderFrame(specimen, scan, 0)->image;
  scan.dose_per_pixel = 40;
  const Image noisy = RenderFrame(specimen, scan, 0)->image;
  double square = 0;
  double expected = 0;
  for (int y = 0; y < clean.rows; ++y) {
    for (int x = 0; x < clean.cols; ++x) {
      square += std::pow(noisy(y, x) - clean(y, x), 2);
      expected += clean(y, x) / 40;  // variance v dose / dose^2
      EXPECT_NEAR(noisy(y, x) * 40, std::round(noisy(y, x) * 40), 1e-4);
    }
  }
  // A mean of 20480 squares: relative standard error about sqrt(2 / 20480) = 1 %.
  EXPECT_NEAR(square / expected, 1, 0.05);
}

TEST(RenderFrameTest, SetsExactlyTheHotPixels) {
  ScanOptions scan = SmallScan();
  scan.hot_pixel_fraction = 0.001;
  scan.hot_pixel_value = 7;
  const Specimen specimen = BuildSpecimen(FieldOf("graphene", scan)).value();
  const Image image = RenderFrame(specimen, scan, 0)->image;
  EXPECT_EQ(cv::countNonZero(image == 7), 20);  // round(0.001 * 160 * 128)
}

TEST(RenderFrameTest, DriftMovesAtomsByExactlyItsPixels) {
  ScanOptions scan = SmallScan();
  scan.probe_sigma_nm = 0.05;
  scan.drift_x_px_per_frame = 1.25;
  scan.drift_y_px_per_frame = -0.5;
  const Specimen specimen = BuildSpecimen(SingleAtom(scan, {0.1, 0.2})).value();
  const SimulatedFrame first = RenderFrame(specimen, scan, 0).value();
  for (const int index : {1, 4, 20}) {
    const SimulatedFrame frame = RenderFrame(specimen, scan, index).value();
    ASSERT_EQ(frame.atoms.size(), 1u);
    EXPECT_NEAR(frame.atoms[0].x_px - first.atoms[0].x_px, 1.25 * index, 1e-9);
    EXPECT_NEAR(frame.atoms[0].y_px - first.atoms[0].y_px, -0.5 * index, 1e-9);
    EXPECT_EQ(frame.drift_x_px, 1.25 * index);
    EXPECT_EQ(frame.drift_y_px, -0.5 * index);
  }
  // The image moves with the truth: 4 frames are 5 px right and 2 px up.
  const SimulatedFrame fourth = RenderFrame(specimen, scan, 4).value();
  EXPECT_NEAR(fourth.image(50, 85), first.image(52, 80), 1e-6);
}

TEST(RenderFrameTest, DriftTurnsBackBeforeTheSpecimenEnds) {
  ScanOptions scan = SmallScan();
  scan.probe_sigma_nm = 0.05;
  scan.drift_x_px_per_frame = 10;
  SpecimenOptions options = FieldOf("graphene", scan);
  options.margin_nm = 1.25;  // 50 px less the probe's reach of 0.25 nm
  const Specimen specimen = BuildSpecimen(options).value();
  EXPECT_NEAR(RenderFrame(specimen, scan, 5)->drift_x_px, 50, 1e-9);
  EXPECT_NEAR(RenderFrame(specimen, scan, 6)->drift_x_px, 40, 1e-9);
  EXPECT_NEAR(RenderFrame(specimen, scan, 15)->drift_x_px, -50, 1e-9);
  EXPECT_NEAR(RenderFrame(specimen, scan, 20)->drift_x_px, 0, 1e-9);
  EXPECT_NEAR(RenderFrame(specimen, scan, 1000021)->drift_x_px, 10, 1e-6);
}

TEST(RenderFrameTest, LineJitterShiftsRowsButNotTheTruth) {
  ScanOptions scan = SmallScan();
  const Specimen specimen = BuildSpecimen(FieldOf("graphene", scan)).value();
  const SimulatedFrame still = RenderFrame(specimen, scan, 0).value();
  scan.line_jitter_px = 1.5;
  const SimulatedFrame jittered = RenderFrame(specimen, scan, 0).value();
  ASSERT_EQ(still.atoms.size(), jittered.atoms.size());
  EXPECT_EQ(still.atoms[10].x_px, jittered.atoms[10].x_px);
  // Find each row's shift by its best correlation, to half a pixel by interpolation-free search.
  double square = 0;
  for (int y = 0; y < still.image.rows; ++y) {
    int best_shift = 0;
    double best = std::numeric_limits<double>::infinity();
    for (int shift = -6; shift <= 6; ++shift) {
      double difference = 0;
      for (int x = 10; x < still.image.cols - 10; ++x) {
        difference += std::pow(jittered.image(y, x + shift) - still.image(y, x), 2);
      }
      if (difference < best) best = difference, best_shift = shift;
    }
    square += best_shift * best_shift;
  }
  // Rounding to whole pixels adds a variance of 1/12; five standard errors of 128 rows are 31 %.
  const double expected = std::sqrt(1.5 * 1.5 + 1.0 / 12);
  EXPECT_NEAR(std::sqrt(square / still.image.rows), expected, 0.31 * expected);
}

TEST(RenderFrameTest, VacuumMaskCoversTheHolesAreaAndIsDark) {
  ScanOptions scan;
  scan.width_px = scan.height_px = 256;
  SpecimenOptions options = FieldOf("graphene", scan);
  options.hole_fraction = 0.067;
  options.contamination = 0.2;
  const Specimen specimen = BuildSpecimen(options).value();
  const SimulatedFrame frame = RenderFrame(specimen, scan, 0).value();
  // Pixels counted along an outline of about 240 px: under half a pixel of width in error.
  EXPECT_NEAR(cv::countNonZero(frame.vacuum), 0.067 * 256 * 256, 120);
  for (const TrueAtom& atom : frame.atoms) {
    const int x = std::lround(atom.x_px);
    const int y = std::lround(atom.y_px);
    if (frame.vacuum(y, x) == 0) continue;
    // An atom beside the edge may round into it; its true position is outside.
    EXPECT_FALSE(
        specimen.holes[0].Contains((atom.x_px - 127.5) * 0.02, (atom.y_px - 127.5) * 0.02));
  }
  cv::Mat_<uint8_t> deep;
  cv::erode(frame.vacuum, deep, cv::Mat(), cv::Point(-1, -1), 12);  // 5 probe sigmas from the edge
  ASSERT_GT(cv::countNonZero(deep), 1000);
  double low, high;
  cv::minMaxLoc(frame.image, &low, &high, nullptr, nullptr, deep);
  EXPECT_LT(high, 1e-3);
}

TEST(RenderFrameTest, FrameDependsOnSeedAndIndexOnly) {
  ScanOptions scan = SmallScan();
  scan.gaussian_noise = 0.2;
  const Specimen specimen = BuildSpecimen(FieldOf("graphene", scan)).value();
  const Image third = RenderFrame(specimen, scan, 3)->image;
  EXPECT_GT(cv::norm(third, RenderFrame(specimen, scan, 4)->image), 1);
  EXPECT_EQ(cv::norm(third, RenderFrame(specimen, scan, 3)->image), 0);
  scan.seed = 9;
  EXPECT_GT(cv::norm(third, RenderFrame(specimen, scan, 3)->image), 1);
}

TEST(RenderFrameTest, EmptySpecimenGivesABlackFrame) {
  const ScanOptions scan = SmallScan();
  SpecimenOptions options = FieldOf("graphene", scan);
  options.vacancy_fraction = 1;
  const SimulatedFrame frame = RenderFrame(BuildSpecimen(options).value(), scan, 0).value();
  EXPECT_TRUE(frame.atoms.empty());
  EXPECT_EQ(cv::countNonZero(frame.image), 0);
}

TEST(RenderFrameTest, DefaultProbeFollowsTheMaterial) {
  EXPECT_NEAR(DefaultProbeSigmaNm(FindMaterial("graphene", {}).value()), 0.0454, 1e-4);
  EXPECT_NEAR(DefaultProbeSigmaNm(FindMaterial("SrTiO3", {}).value()), 0.0884, 1e-4);
}

TEST(RenderFrameTest, RejectedOptionsAreNamedWithTheirValue) {
  const Specimen specimen = BuildSpecimen(FieldOf("graphene", SmallScan())).value();
  struct Case {
    const char* expected;
    std::function<void(ScanOptions&)> spoil;
  };
  const Case cases[] = {
      {"width_px = 0", [](ScanOptions& o) { o.width_px = 0; }},
      {"height_px = 5000", [](ScanOptions& o) { o.height_px = 5000; }},
      {"pixel_size_nm = -0.02", [](ScanOptions& o) { o.pixel_size_nm = -0.02; }},
      {"pixel_size_nm = nan", [](ScanOptions& o) { o.pixel_size_nm = NAN; }},
      {"probe_sigma_nm = -1", [](ScanOptions& o) { o.probe_sigma_nm = -1; }},
      {"line_jitter_px = -1", [](ScanOptions& o) { o.line_jitter_px = -1; }},
      {"drift_x_px_per_frame", [](ScanOptions& o) { o.drift_x_px_per_frame = NAN; }},
      {"drift_y_px_per_frame", [](ScanOptions& o) { o.drift_y_px_per_frame = 1e9; }},
      {"dose_per_pixel = -1", [](ScanOptions& o) { o.dose_per_pixel = -1; }},
      {"gaussian_noise = -0.5", [](ScanOptions& o) { o.gaussian_noise = -0.5; }},
      {"hot_pixel_fraction = 2", [](ScanOptions& o) { o.hot_pixel_fraction = 2; }},
      {"hot_pixel_value = inf",
       [](ScanOptions& o) { o.hot_pixel_value = std::numeric_limits<double>::infinity(); }},
      {"width_px = 1000", [](ScanOptions& o) { o.width_px = 1000; }},  // beyond the specimen
  };
  for (const Case& c : cases) {
    ScanOptions scan = SmallScan();
    c.spoil(scan);
    const auto frame = RenderFrame(specimen, scan, 0);
    EXPECT_EQ(frame.status().code(), absl::StatusCode::kInvalidArgument) << c.expected;
    EXPECT_THAT(std::string(frame.status().message()), HasSubstr(c.expected));
  }
  const auto frame = RenderFrame(specimen, SmallScan(), -1);
  EXPECT_THAT(std::string(frame.status().message()), HasSubstr("frame_index = -1"));
}

}  // namespace
}  // namespace atomstream
