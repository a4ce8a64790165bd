#include "detectors/log_star/frame_survey.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

// A frame of 100 x 80 px, all material, d_NN 10 px, one atom in 100 px^2.
FrameSurvey AllMaterial() {
  FrameSurvey survey;
  survey.image.clipped = Image(80, 100, 0.5f);
  survey.filtered.material = Image(80, 100, 1.0f);
  survey.lattice.d_nn_px = 10;
  survey.lattice.density_per_px2 = 0.01;
  return survey;
}

TEST(FrameSurveyTest, InnerWindowExpectsItsArea) {
  EXPECT_NEAR(AllMaterial().ExpectedAtoms({10, 20, 50, 40}), 20, 1e-9);
}

TEST(FrameSurveyTest, AtomsJustOutsideTheFrameAreExpectedToo) {
  const FrameSurvey survey = AllMaterial();
  // 0.16 d_NN = 1.6 px beyond each edge of the frame that the window touches.
  EXPECT_NEAR(survey.ExpectedAtoms(survey.WholeFrame()), 80 + 0.01 * 1.6 * 360, 1e-4);
  EXPECT_NEAR(survey.ExpectedAtoms({0, 20, 50, 40}), 20 + 0.01 * 1.6 * 40, 1e-4);
  EXPECT_NEAR(survey.ExpectedAtoms({50, 40, 50, 40}), 20 + 0.01 * 1.6 * 90, 1e-4);
}

TEST(FrameSurveyTest, VacuumIsNotExpectedToHoldAtoms) {
  FrameSurvey survey = AllMaterial();
  survey.filtered.material(cv::Rect(20, 20, 40, 40)) = 0.0f;
  EXPECT_NEAR(survey.ExpectedAtoms({10, 10, 60, 60}), 20, 1e-9);
}

}  // namespace
}  // namespace atomstream
