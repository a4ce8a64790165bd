#include "core/target/site_selection.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CriteriaContext Context() {
  return {.width_px = 200,
          .height_px = 100,
          .pixel_size_nm = 0.1,
          .clusters = {0, 1},
          .kinds = {"bulk", "dopant"}};
}

Site At(double x, double y, double confidence = 1) {
  Site site;
  site.x_px = x;
  site.y_px = y;
  site.confidence = confidence;
  return site;
}

bool MeetsIt(const Site& site, const Condition& condition) {
  return Meets(site, condition, Context());
}

TEST(MeetsTest, RangesIncludeTheirEnds) {
  Site site = At(50, 50, 0.5);
  site.intensity = 0.25;
  site.coordination = 3;
  EXPECT_TRUE(MeetsIt(site, {ConfidenceIn{0.5, 0.5}}));
  EXPECT_FALSE(MeetsIt(site, {ConfidenceIn{0.51, 1}}));
  EXPECT_TRUE(MeetsIt(site, {IntensityIn{.max = 0.25}}));
  EXPECT_FALSE(MeetsIt(site, {IntensityIn{.min = 0.26}}));
  EXPECT_TRUE(MeetsIt(site, {CoordinationIn{3, 3}}));
  EXPECT_FALSE(MeetsIt(site, {CoordinationIn{0, 2}}));
}

TEST(MeetsTest, ASiteWithoutThePropertyMeetsOnlyItsOpposite) {
  const Site site = At(50, 50);
  for (const Condition& condition :
       {Condition{ClusterIn{{0, 1}}}, Condition{KindIn{{"bulk", "dopant"}}},
        Condition{CoordinationIn{0, 32}}, Condition{ClusterProbabilityIn{0, 1}}}) {
    EXPECT_FALSE(MeetsIt(site, condition));
    EXPECT_TRUE(MeetsIt(site, {Not{{condition}}}));
  }
}

TEST(MeetsTest, LengthsAreInTheirUnit) {
  Site site = At(50, 50);
  EXPECT_TRUE(MeetsIt(site, {InCircle{50, 60, 10}}));
  EXPECT_FALSE(MeetsIt(site, {InCircle{50, 60, 9.9}}));
  EXPECT_TRUE(MeetsIt(site, {InCircle{5, 6, 1, LengthUnit::kNanometres}}));
  EXPECT_TRUE(MeetsIt(site, {InRectangle{40, 50, 50, 60}}));
  EXPECT_FALSE(MeetsIt(site, {InRectangle{4, 5.1, 5, 6, LengthUnit::kNanometres}}));
  EXPECT_TRUE(MeetsIt(site, {HoleEdgeDistanceIn{.min = 1e6}}));  // no hole: infinitely far
  site.hole_edge_px = 12;
  EXPECT_TRUE(MeetsIt(site, {HoleEdgeDistanceIn{.max = 12}}));
  EXPECT_FALSE(MeetsIt(site, {HoleEdgeDistanceIn{.max = 1.1, .unit = LengthUnit::kNanometres}}));
}

TEST(MeetsTest, CombinesWithAndOrNot) {
  Site site = At(50, 50);
  site.kind = "dopant";
  site.cluster = 1;
  const Condition yes{KindIn{{"dopant"}}}, no{ClusterIn{{0}}};
  EXPECT_TRUE(MeetsIt(site, {AnyOf{{no, yes}}}));
  EXPECT_FALSE(MeetsIt(site, {AllOf{{yes, no}}}));
  EXPECT_TRUE(MeetsIt(site, {AllOf{{yes, Condition{Not{{no}}}}}}));
  EXPECT_TRUE(MeetsIt(site, {AllOf{}}));
}

TEST(SelectSitesTest, OrdersByScore) {
  std::vector<Site> sites = {At(10, 10, 0.5), At(20, 20, 0.9), At(30, 30, 0.8)};
  sites[1].cluster = 0;
  sites[1].cluster_probability = 0.5;  // 0.45 in all
  const SiteSelection selection = *SelectSites(sites, {}, Context());
  EXPECT_THAT(selection.chosen, ElementsAre(2, 0, 1));
  EXPECT_EQ(selection.matching, 3);
}

TEST(SelectSitesTest, TheBetterOfTwoCloseSitesStays) {
  const std::vector<Site> sites = {At(10, 10, 0.5), At(13, 10, 0.9), At(16, 10, 0.5)};
  Criteria criteria;
  criteria.min_spacing = 3.5;
  const SiteSelection selection = *SelectSites(sites, criteria, Context());
  EXPECT_THAT(selection.chosen, ElementsAre(1));
  EXPECT_EQ(selection.too_close, 2);
  criteria.min_spacing = 3;  // at exactly the spacing: far enough
  EXPECT_EQ(SelectSites(sites, criteria, Context())->chosen.size(), 3u);
  criteria.min_spacing = 0.35;
  criteria.min_spacing_unit = LengthUnit::kNanometres;
  EXPECT_THAT(SelectSites(sites, criteria, Context())->chosen, ElementsAre(1));
}

TEST(SelectSitesTest, KeepsTheBestUpToTheCountAndThoseThatWereThereBefore) {
  const std::vector<Site> sites = {At(10, 10, 0.5), At(50, 10, 0.9), At(90, 10, 0.7)};
  Criteria criteria;
  criteria.max_count = 2;
  const SiteSelection fresh = *SelectSites(sites, criteria, Context());
  EXPECT_THAT(fresh.chosen, ElementsAre(1, 2));
  EXPECT_EQ(fresh.over_count, 1);
  EXPECT_THAT(SelectSites(sites, criteria, Context(), {0})->chosen, ElementsAre(1, 0));
  EXPECT_FALSE(SelectSites(sites, criteria, Context(), {3}).ok());
}

TEST(SelectSitesTest, OrdersByPathAndSaysHowLongItIs) {
  const std::vector<Site> sites = {At(100, 0, 0.9), At(20, 0, 0.1), At(60, 0, 0.5)};
  Criteria criteria;
  criteria.order = TargetOrder::kShortestPath;
  const SiteSelection selection = *SelectSites(sites, criteria, Context());
  EXPECT_THAT(selection.chosen, ElementsAre(1, 2, 0));
  EXPECT_DOUBLE_EQ(selection.path_px, 100);
  criteria.path_start = PointPx{120, 0};
  EXPECT_THAT(SelectSites(sites, criteria, Context())->chosen, ElementsAre(0, 2, 1));
}

TEST(SelectSitesTest, SaysWhyNothingWasChosen) {
  EXPECT_EQ(WhyEmpty(*SelectSites({}, {}, Context())), "no sites in the frame");
  Criteria criteria;
  criteria.where = {IntensityIn{.min = 2}};
  const SiteSelection selection = *SelectSites({At(1, 1), At(9, 9)}, criteria, Context());
  EXPECT_THAT(selection.chosen, IsEmpty());
  EXPECT_EQ(WhyEmpty(selection), "none of 2 sites meets the conditions");
}

TEST(SelectSitesTest, RefusesAPositionThatIsNotFinite) {
  const auto selection =
      SelectSites({At(std::numeric_limits<double>::quiet_NaN(), 1)}, {}, Context());
  EXPECT_THAT(selection.status().message(), testing::HasSubstr("sites[0]"));
}

}  // namespace
}  // namespace atomstream
