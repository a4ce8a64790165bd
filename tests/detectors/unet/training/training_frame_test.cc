#include "detectors/unet/training/training_frame.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

TrainingFrameOptions SmallFrames() {
  TrainingFrameOptions options;
  options.size_px = 96;
  return options;
}

TEST(TrainingFrameTest, SameSeedAndIndexGiveTheSameFrame) {
  const auto first = DrawTrainingFrame(SmallFrames(), 3, 5);
  const auto again = DrawTrainingFrame(SmallFrames(), 3, 5);
  const auto next = DrawTrainingFrame(SmallFrames(), 3, 6);
  ASSERT_TRUE(first.ok() && again.ok() && next.ok());
  EXPECT_EQ(cv::norm(first->input, again->input, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(first->target, again->target, cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(first->input, next->input, cv::NORM_INF), 0);
}

TEST(TrainingFrameTest, TargetIsHighAtAtomsAndLowBetween) {
  for (int index = 0; index < 20; ++index) {
    const auto frame = DrawTrainingFrame(SmallFrames(), 1, index);
    ASSERT_TRUE(frame.ok()) << frame.status();
    SCOPED_TRACE(frame->description);
    ASSERT_EQ(frame->target.size(), cv::Size(96, 96));
    // Half a pixel diagonally off the centre of a Gaussian of 0.18 d_NN.
    const double least = std::exp(-0.5 / (2 * std::pow(0.18 * frame->d_nn_px, 2)));
    for (const PointPx& atom : frame->atoms) {
      const int x = static_cast<int>(std::lround(atom.x_px));
      const int y = static_cast<int>(std::lround(atom.y_px));
      if (x < 0 || y < 0 || x >= 96 || y >= 96) continue;
      EXPECT_GE(frame->target(y, x), least - 1e-5);
    }
    double greatest = 0;
    cv::minMaxLoc(frame->target, nullptr, &greatest);
    EXPECT_LE(greatest, 1);
  }
}

// The nearest neighbours of the drawn atoms are as far apart as the scale says; random
// displacements and grain boundaries move single ones, not the median.
TEST(TrainingFrameTest, AtomsAreTheStatedDistanceApart) {
  TrainingFrameOptions options = SmallFrames();
  options.graphene_share = 1;
  options.srtio3_share = 0;
  for (int index = 0; index < 10; ++index) {
    const auto frame = DrawTrainingFrame(options, 1, index);
    ASSERT_TRUE(frame.ok()) << frame.status();
    std::vector<double> nearest;
    for (const PointPx& a : frame->atoms) {
      double best = 1e9;
      for (const PointPx& b : frame->atoms) {
        const double distance = std::hypot(a.x_px - b.x_px, a.y_px - b.y_px);
        if (distance > 0) best = std::min(best, distance);
      }
      nearest.push_back(best);
    }
    ASSERT_GT(nearest.size(), 20u) << frame->description;
    std::nth_element(nearest.begin(), nearest.begin() + nearest.size() / 2, nearest.end());
    // Strain of 4 % and displacements of 0.08 d_NN (the least of three distances falls with them).
    EXPECT_NEAR(nearest[nearest.size() / 2] / frame->d_nn_px, 1, 0.16) << frame->description;
  }
}

TEST(TrainingFrameTest, InputIsFiniteAndRoughlyNormalised) {
  for (int index = 0; index < 20; ++index) {
    const auto frame = DrawTrainingFrame(SmallFrames(), 2, index);
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_TRUE(cv::checkRange(frame->input)) << frame->description;
    // Bicubic scaling overshoots by a tenth at most.
    EXPECT_TRUE(cv::checkRange(frame->input, true, nullptr, -0.3, 1.3)) << frame->description;
  }
}

}  // namespace
}  // namespace atomstream
