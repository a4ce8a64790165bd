// What UnetDetector does with a frame that the network is unsure of.
#include <cmath>
#include <utility>
#include <vector>

#include "detectors/unet/frame_scaling.h"
#include "detectors/unet/unet_detector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/log_star/simulated_frame.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using ::testing::Contains;
using ::testing::Not;

constexpr double kBumpSigma = 1.1;

// Knows the frame's atoms and draws a bump for each, as high as it is told for each look.
class KnowingSegmenter final : public Segmenter {
 public:
  KnowingSegmenter(const FrameWithTruth& frame, std::vector<float> heights)
      : heights_(std::move(heights)) {
    info_.id = "knowing@0";
    info_.members = 1;
    info_.scale_px_per_d_nn = 6;
    info_.atom_area_px2 = 2 * M_PI * kBumpSigma * kBumpSigma;
    scale_ = 6 / frame.d_nn_px;
    for (const PointPx& atom : frame.simulated.Positions()) AddBump(atom, 1);
  }

  // Another bump, of a height of its own at every look, at a place in the frame.
  void AddBump(const PointPx& place, float height) { bumps_.push_back({place, height}); }

  const ModelInfo& info() const override { return info_; }

  absl::StatusOr<Segmentation> Segment(const Image& image) const override {
    const float height = heights_[std::min(looks_++, heights_.size() - 1)];
    Segmentation result;
    result.mean = Image(image.rows, image.cols, 0.0f);
    for (const auto& [place, own] : bumps_) {
      const double x0 = (place.x_px + 0.5) * scale_ - 0.5;
      const double y0 = (place.y_px + 0.5) * scale_ - 0.5;
      for (int y = 0; y < image.rows; ++y) {
        for (int x = 0; x < image.cols; ++x) {
          const double squared = (x - x0) * (x - x0) + (y - y0) * (y - y0);
          if (squared > 25) continue;
          const double value =
              (own == 1 ? height : own) * std::exp(-squared / (2 * kBumpSigma * kBumpSigma));
          result.mean(y, x) = std::max(result.mean(y, x), static_cast<float>(value));
        }
      }
    }
    return result;
  }

  size_t looks() const { return looks_; }

 private:
  const std::vector<float> heights_;
  ModelInfo info_;
  double scale_ = 1;
  std::vector<std::pair<PointPx, float>> bumps_;
  mutable size_t looks_ = 0;
};

UnetResult Detect(const FrameWithTruth& frame, const Segmenter& segmenter,
                  const UnetOptions& options = {}) {
  const FakeClock clock;
  const auto result = (*UnetDetector::Create(options, &clock))->Detect(*frame.frame, segmenter);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

// The hole is drawn around its middle.
PointPx MiddleOfTheHole(const FrameWithTruth& frame) {
  double x_sum = 0, y_sum = 0, count = 0;
  const cv::Mat_<uint8_t>& vacuum = frame.simulated.vacuum;
  for (int y = 0; y < vacuum.rows; ++y) {
    for (int x = 0; x < vacuum.cols; ++x) {
      if (vacuum(y, x) == 0) continue;
      x_sum += x;
      y_sum += y;
      ++count;
    }
  }
  return {x_sum / count, y_sum / count};
}

bool HasAtomAt(const UnetResult& result, const PointPx& place) {
  for (const Atom& atom : result.atoms) {
    if (std::hypot(atom.x_px - place.x_px, atom.y_px - place.y_px) < 1) return true;
  }
  return false;
}

TEST(SecondLookTest, ASureNetworkLooksOnce) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.1);
  const KnowingSegmenter segmenter(frame, {0.98f});
  const UnetResult result = Detect(frame, segmenter);
  EXPECT_EQ(segmenter.looks(), 1u);
  EXPECT_GT(result.expected_f1, 0.9);
  EXPECT_THAT(result.flags, Not(Contains("lattice_filtered")));
}

TEST(SecondLookTest, AnUnsureNetworkIsShownTheFilteredFrame) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.1);
  const KnowingSegmenter segmenter(frame, {0.4f, 0.9f});
  const UnetResult result = Detect(frame, segmenter);
  EXPECT_EQ(segmenter.looks(), 2u);
  EXPECT_THAT(result.flags, Contains("lattice_filtered"));
  EXPECT_NEAR(result.confidence[result.confidence.size() / 2], 0.9, 0.1);
}

TEST(SecondLookTest, ANetworkThatFindsNothingIsShownTheFilteredFrame) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.1);
  const KnowingSegmenter blind(frame, {0.0f, 0.9f});
  EXPECT_THAT(Detect(frame, blind).flags, Contains("lattice_filtered"));
  // Nor is it blind to a bump below the threshold.
  const KnowingSegmenter unsure(frame, {0.4f, 0.9f});
  UnetOptions options;
  options.threshold = 0.6;
  const UnetResult result = Detect(frame, unsure, options);
  EXPECT_THAT(result.flags, Contains("lattice_filtered"));
  EXPECT_FALSE(result.atoms.empty());
}

TEST(SecondLookTest, TheSurerViewCounts) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.1);
  const KnowingSegmenter segmenter(frame, {0.5f, 0.3f});
  const UnetResult result = Detect(frame, segmenter);
  EXPECT_EQ(segmenter.looks(), 2u);
  EXPECT_THAT(result.flags, Not(Contains("lattice_filtered")));
  EXPECT_NEAR(result.confidence[result.confidence.size() / 2], 0.5, 0.1);
}

TEST(SecondLookTest, CanBeSwitchedOff) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.1);
  const KnowingSegmenter segmenter(frame, {0.4f});
  UnetOptions options;
  options.lattice_filter = false;
  Detect(frame, segmenter, options);
  EXPECT_EQ(segmenter.looks(), 1u);
}

TEST(SecondLookTest, DropsUnsureAtomsInVacuumOnly) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0, 0.1);
  const PointPx middle = MiddleOfTheHole(frame);
  KnowingSegmenter unsure(frame, {0.98f});
  unsure.AddBump(middle, 0.55f);
  EXPECT_FALSE(HasAtomAt(Detect(frame, unsure), middle));
  KnowingSegmenter sure(frame, {0.98f});
  sure.AddBump(middle, 0.9f);
  EXPECT_TRUE(HasAtomAt(Detect(frame, sure), middle));
}

// A hole that the filter has filled looks as sure as the lattice around it.
TEST(SecondLookTest, DropsWhatTheFilterShowsInVacuum) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0, 0.1);
  const PointPx middle = MiddleOfTheHole(frame);
  KnowingSegmenter segmenter(frame, {0.4f, 0.9f});
  segmenter.AddBump(middle, 0.95f);
  const UnetResult result = Detect(frame, segmenter);
  EXPECT_THAT(result.flags, Contains("lattice_filtered"));
  EXPECT_FALSE(HasAtomAt(result, middle));
}

}  // namespace
}  // namespace atomstream
