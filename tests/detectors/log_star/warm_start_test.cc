#include "detectors/log_star/warm_start.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

constexpr auto kNone = Preprocessing::kNone;
constexpr auto kGaussian = Preprocessing::kGaussian;
constexpr auto kLattice = Preprocessing::kLattice;

SearchSetting Setting(std::vector<Preprocessing> preprocessing = {kNone, kLattice}) {
  return {"graphene", std::move(preprocessing), 0.8, 512, 512, 256, 0.2};
}

// One point and one window without preprocessing, one of each with the lattice filter.
WarmStart Remembered() {
  WarmStart warm;
  warm.setting = Setting();
  const UnitPoint none = {0.1, 0.2, 0.3, 0.4, 0.25};
  const UnitPoint lattice = {0.5, 0.6, 0.7, 0.8, 0.75};
  warm.points = {none, lattice};
  for (const auto& [index, point] : {std::pair(3, none), std::pair(7, lattice)}) {
    auto front = std::make_shared<ParetoFront>();
    front->Insert({point, {0.1, 0.2}});
    warm.window_fronts[index] = std::move(front);
  }
  return warm;
}

TEST(WarmStartTest, SurvivesUnchangedSettings) {
  const WarmStart warm = Remembered();
  const WarmStart adapted = AdaptWarmStart(&warm, Setting());
  EXPECT_EQ(adapted.points, warm.points);
  EXPECT_EQ(adapted.window_fronts, warm.window_fronts);
  EXPECT_EQ(adapted.setting, Setting());
}

TEST(WarmStartTest, ColdStartRemembersNothing) {
  const WarmStart adapted = AdaptWarmStart(nullptr, Setting());
  EXPECT_TRUE(adapted.points.empty());
  EXPECT_TRUE(adapted.window_fronts.empty());
  EXPECT_EQ(adapted.setting, Setting());
}

TEST(WarmStartTest, AnotherMaterialIsAColdStart) {
  const WarmStart warm = Remembered();
  SearchSetting setting = Setting();
  setting.material = "SrTiO3";
  const WarmStart adapted = AdaptWarmStart(&warm, setting);
  EXPECT_TRUE(adapted.points.empty());
  EXPECT_TRUE(adapted.window_fronts.empty());
}

TEST(WarmStartTest, AnotherGridOrErDistanceKeepsThePointsAlone) {
  const WarmStart warm = Remembered();
  SearchSetting changed[5] = {Setting(), Setting(), Setting(), Setting(), Setting()};
  changed[0].window_size_px = 128;
  changed[1].window_stride = 0.5;
  changed[2].frame_width_px = 1024;
  changed[3].frame_height_px = 1024;
  changed[4].er_distance_d_nn = 0.9;
  for (const SearchSetting& setting : changed) {
    const WarmStart adapted = AdaptWarmStart(&warm, setting);
    EXPECT_EQ(adapted.points, warm.points);
    EXPECT_TRUE(adapted.window_fronts.empty());
  }
}

TEST(WarmStartTest, PointsFollowTheirPreprocessingToItsNewPlace) {
  const WarmStart warm = Remembered();
  const WarmStart adapted = AdaptWarmStart(&warm, Setting({kLattice, kGaussian, kNone}));
  ASSERT_EQ(adapted.points.size(), 2u);
  EXPECT_EQ(adapted.points[0], (UnitPoint{0.1, 0.2, 0.3, 0.4, 2.5 / 3}));
  EXPECT_EQ(adapted.points[1], (UnitPoint{0.5, 0.6, 0.7, 0.8, 0.5 / 3}));
  ASSERT_EQ(adapted.window_fronts.size(), 2u);
  EXPECT_EQ(adapted.window_fronts.at(3)->solutions()[0].point, adapted.points[0]);
  EXPECT_EQ(adapted.window_fronts.at(7)->solutions()[0].point, adapted.points[1]);
  EXPECT_EQ(adapted.window_fronts.at(7)->solutions()[0].objectives, (ObjectiveVector{0.1, 0.2}));
}

TEST(WarmStartTest, PreprocessingThatIsGoneTakesItsPointsAlong) {
  const WarmStart warm = Remembered();
  const WarmStart one = AdaptWarmStart(&warm, Setting({kLattice}));
  ASSERT_EQ(one.points.size(), 1u);
  EXPECT_EQ(one.points[0], (UnitPoint{0.5, 0.6, 0.7, 0.8}));  // one variant needs no coordinate
  ASSERT_EQ(one.window_fronts.size(), 1u);
  EXPECT_EQ(one.window_fronts.begin()->first, 7);
  // And back: a frame without a lattice between two with one.
  const WarmStart back = AdaptWarmStart(&one, Setting());
  ASSERT_EQ(back.points.size(), 1u);
  EXPECT_EQ(back.points[0], warm.points[1]);
  EXPECT_TRUE(AdaptWarmStart(&warm, Setting({kGaussian})).points.empty());
}

}  // namespace
}  // namespace atomstream
