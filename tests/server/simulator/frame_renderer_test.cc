#include "server/simulator/frame_renderer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kSize = 32;

SimulatorOptions DriftingOptions() {
  SimulatorOptions options;
  options.size_px = kSize;
  options.pixel_size_nm = 0.05;
  options.drift_px = 2;
  options.noise = 0;
  return options;
}

TEST(FrameRendererSpecimenTest, ANewSpecimenShowsFromTheNextFrameOnInPixelsAndTruth) {
  const auto renderer = FrameRenderer::Create(DriftingOptions(), "run");
  ASSERT_TRUE(renderer.ok()) << renderer.status();
  const v1::Frame before = *(*renderer)->Render(3, kSize, absl::UnixEpoch());
  auto emptied = std::make_shared<Specimen>(*(*renderer)->specimen());
  ASSERT_GT(before.ground_truth().x_px_size(), 5);
  const double x = before.ground_truth().x_px(5), y = before.ground_truth().y_px(5);
  // The atom that the frame shows there, found without the renderer's own conversion.
  size_t gone = 0;
  for (size_t i = 0; i < emptied->atoms.size(); ++i) {
    const auto at =
        (*renderer)->PlacesPx(3, kSize, {{emptied->atoms[i].x_nm, emptied->atoms[i].y_nm}});
    ASSERT_TRUE(at.ok());
    if (std::abs(at->front().x_px - x) < 1e-3 && std::abs(at->front().y_px - y) < 1e-3) gone = i;
  }
  emptied->atoms.erase(emptied->atoms.begin() + static_cast<int64_t>(gone));
  (*renderer)->SetSpecimen(emptied);
  const v1::Frame after = *(*renderer)->Render(3, kSize, absl::UnixEpoch());
  EXPECT_EQ(after.ground_truth().x_px_size(), before.ground_truth().x_px_size() - 1);
  for (int i = 0; i < after.ground_truth().x_px_size(); ++i) {
    EXPECT_FALSE(after.ground_truth().x_px(i) == before.ground_truth().x_px(5) &&
                 after.ground_truth().y_px(i) == before.ground_truth().y_px(5));
  }
  EXPECT_NE(after.pixels(), before.pixels());
}

TEST(FrameRendererSpecimenTest, FractionsArePlacesInTheNumberedFrameAlsoAheadAndInSmallerScans) {
  for (const int ahead : {0, 2}) {
    SimulatorOptions options = DriftingOptions();
    options.render_ahead = ahead;
    const auto renderer = FrameRenderer::Create(options, "run");
    ASSERT_TRUE(renderer.ok()) << renderer.status();
    for (const int size : {kSize, 16}) {
      for (const int64_t number : {1, 2, 5}) {
        const v1::Frame frame = *(*renderer)->Render(number, size, absl::UnixEpoch());
        const v1::GroundTruth& truth = frame.ground_truth();
        ASSERT_GT(truth.x_px_size(), 0);
        const auto place = (*renderer)->PlaceNm(number, 0, size, (truth.x_px(0) + 0.5) / size,
                                                (truth.y_px(0) + 0.5) / size);
        ASSERT_TRUE(place.ok()) << place.status();
        double nearest = 1e9;
        for (const SpecimenAtom& atom : (*renderer)->specimen()->atoms) {
          nearest = std::min(nearest, std::hypot(atom.x_nm - place->x, atom.y_nm - place->y));
        }
        // The truth is sent as floats.
        EXPECT_LT(nearest, 1e-6) << ahead << " " << size << " " << number;
      }
    }
  }
}

TEST(FrameRendererSpecimenTest, BetweenFramesTheSpecimenDriftsEvenly) {
  const auto renderer = FrameRenderer::Create(DriftingOptions(), "run");
  ASSERT_TRUE(renderer.ok()) << renderer.status();
  const Vector2 from = *(*renderer)->PlaceNm(4, 0, kSize, 0.5, 0.5);
  const Vector2 to = *(*renderer)->PlaceNm(5, 0, kSize, 0.5, 0.5);
  // The specimen moves right by 1.6 px, so the place under a fixed fraction moves left.
  EXPECT_NEAR(to.x - from.x, -1.6 * 0.05, 1e-9);
  const Vector2 between = *(*renderer)->PlaceNm(4, 0.25, kSize, 0.5, 0.5);
  EXPECT_NEAR(between.x, from.x + 0.25 * (to.x - from.x), 1e-12);
  EXPECT_NEAR(between.y, from.y + 0.25 * (to.y - from.y), 1e-12);
  EXPECT_NEAR((*renderer)->PlaceNm(4, 1, kSize, 0.5, 0.5)->x, to.x, 1e-12);
}

TEST(FrameRendererSpecimenTest, AWiderMarginLetsTheSpecimenDriftFartherBeforeItTurnsBack) {
  SimulatorOptions options = DriftingOptions();
  constexpr int64_t kLater = 200;  // 400 px: 20 nm
  const auto narrow = FrameRenderer::Create(options, "run");
  options.margin_nm = 25;
  const auto wide = FrameRenderer::Create(options, "run");
  options.margin_nm = -1;
  EXPECT_THAT(std::string(FrameRenderer::Create(options, "run").status().message()),
              HasSubstr("margin_nm = -1"));
  ASSERT_TRUE(narrow.ok() && wide.ok());
  const auto drift_nm = [](const FrameRenderer& renderer) {
    return renderer.PlaceNm(1, 0, kSize, 0.5, 0.5)->x -
           renderer.PlaceNm(1 + kLater, 0, kSize, 0.5, 0.5)->x;
  };
  EXPECT_NEAR(drift_nm(**wide), 0.8 * 20, 1e-9);
  EXPECT_LT(drift_nm(**narrow), 2);
}

TEST(FrameRendererSpecimenTest, FromTheLastFrameAheadToTheFirstNothingDrifts) {
  SimulatorOptions options = DriftingOptions();
  options.render_ahead = 2;
  const auto renderer = FrameRenderer::Create(options, "run");
  ASSERT_TRUE(renderer.ok()) << renderer.status();
  EXPECT_EQ((*renderer)->PlaceNm(2, 0.5, kSize, 0.5, 0.5)->x,
            (*renderer)->PlaceNm(2, 0, kSize, 0.5, 0.5)->x);
  EXPECT_NE((*renderer)->PlaceNm(1, 0.5, kSize, 0.5, 0.5)->x,
            (*renderer)->PlaceNm(1, 0, kSize, 0.5, 0.5)->x);
}

TEST(FrameRendererSpecimenTest, RefusesFramesAheadOfADamagingBeamByBothFlags) {
  SimulatorOptions options = DriftingOptions();
  options.beam_damage = "Si:hop=1e9";
  EXPECT_TRUE(FrameRenderer::Create(options, "run").ok());
  options.render_ahead = 3;
  const absl::Status status = FrameRenderer::Create(options, "run").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("render_ahead = 3"), HasSubstr("beam_damage = Si:hop=1e9")));
}

TEST(FrameRendererSpecimenTest, NamesTheFlagsOfTheBeam) {
  SimulatorOptions options = DriftingOptions();
  options.beam_current_pa = 0;
  EXPECT_THAT(std::string(FrameRenderer::Create(options, "run").status().message()),
              HasSubstr("beam_current_pa = 0"));
  options.beam_current_pa = 50;
  options.beam_damage = "Si";
  EXPECT_THAT(std::string(FrameRenderer::Create(options, "run").status().message()),
              HasSubstr("beam_damage = Si"));
}

}  // namespace
}  // namespace atomstream
