#include "core/target/criteria_check.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

CriteriaContext Context() {
  return {.width_px = 512,
          .height_px = 256,
          .pixel_size_nm = 0.02,
          .clusters = {0, 1, 2},
          .kinds = {"bulk", "dopant", "edge"}};
}

template <typename... Conditions>
Condition All(Conditions... conditions) {
  return {AllOf{{Condition{conditions}...}}};
}
template <typename... Conditions>
Condition Any(Conditions... conditions) {
  return {AnyOf{{Condition{conditions}...}}};
}
template <typename Value>
Not No(Value value) {
  return Not{{Condition{value}}};
}

absl::Status Check(const Condition& where) {
  Criteria criteria;
  criteria.where = where;
  return CheckCriteria(criteria, Context());
}

// The message of the InvalidArgument that the condition must give.
std::string Refusal(const Condition& where) {
  const absl::Status status = Check(where);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

TEST(CheckCriteriaTest, AcceptsWhatSomeSiteCouldMeet) {
  EXPECT_TRUE(Check({}).ok());
  EXPECT_TRUE(Check(All(ClusterIn{{2}}, CoordinationIn{3, 3}, IntensityIn{.min = 0.5})).ok());
  EXPECT_TRUE(Check(All(InCircle{100, 100, 50}, No(InCircle{100, 100, 20}))).ok());
  EXPECT_TRUE(Check(All(IntensityIn{0, 0.5}, IntensityIn{0.5, 1})).ok());  // 0.5 itself
  EXPECT_TRUE(Check(All(CoordinationIn{2, 4}, No(CoordinationIn{3, 3}))).ok());
  EXPECT_TRUE(Check({No(KindIn{{"bulk", "dopant", "edge"}})}).ok());  // a site of no kind
  EXPECT_TRUE(Check(All(HoleEdgeDistanceIn{.max = 1, .unit = LengthUnit::kNanometres},
                        HoleEdgeDistanceIn{.min = 49}))
                  .ok());
}

TEST(CheckCriteriaTest, OneAlternativeThatCanBeMetIsEnough) {
  const Condition never = All(IntensityIn{0, 0.2}, IntensityIn{0.3, 1});
  EXPECT_TRUE(Check({AnyOf{{never, Condition{ClusterIn{{1}}}}}}).ok());
  EXPECT_THAT(Refusal({AnyOf{{never, never}}}), HasSubstr("nor can the other alternatives"));
}

TEST(CheckCriteriaTest, NamesTheFieldAndTheValueOfABadCondition) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Refusal(All(KindIn{{"bulk"}}, IntensityIn{0.9, 0.5})),
              HasSubstr("criteria.where.all_of[1].intensity.min = 0.9: must not exceed max = 0.5"));
  EXPECT_THAT(Refusal(All(No(ClusterIn{{7}}))),
              HasSubstr("criteria.where.all_of[0].not.cluster = 7: known are 0, 1, 2"));
  EXPECT_THAT(Refusal({KindIn{{"bulk", "dopamt"}}}),
              HasSubstr("criteria.where.kind = dopamt: known are bulk, dopant, edge"));
  EXPECT_THAT(Refusal({ClusterIn{}}), HasSubstr("criteria.where.cluster: is empty"));
  EXPECT_THAT(Refusal({CoordinationIn{-1, 3}}), HasSubstr("coordination.min = -1"));
  EXPECT_THAT(Refusal({CoordinationIn{4, 3}}), HasSubstr("coordination.min = 4"));
  EXPECT_THAT(Refusal({ConfidenceIn{0, 1.5}}), HasSubstr("confidence.max = 1.5"));
  EXPECT_THAT(Refusal({ClusterProbabilityIn{kNan, 1}}), HasSubstr("cluster_probability.min = nan"));
  EXPECT_THAT(Refusal({IntensityIn{0, kNan}}), HasSubstr("intensity.max = nan: must be a number"));
  EXPECT_THAT(Refusal({HoleEdgeDistanceIn{.min = -2}}), HasSubstr("hole_edge_distance.min = -2"));
  EXPECT_THAT(Refusal({InRectangle{10, 10, 10, 20}}), HasSubstr("rectangle.left = 10"));
  EXPECT_THAT(Refusal({InRectangle{10, 30, 20, 20}}), HasSubstr("rectangle.top = 30"));
  EXPECT_THAT(Refusal({InCircle{10, 10, 0}}), HasSubstr("circle.radius = 0"));
  EXPECT_THAT(Refusal({InCircle{10, kNan, 5}}), HasSubstr("circle.y = nan"));
  EXPECT_THAT(Refusal({AnyOf{}}), HasSubstr("criteria.where.any_of: is empty"));
  EXPECT_THAT(Refusal({Not{}}), HasSubstr("criteria.where.not: number of conditions = 0"));
}

TEST(CheckCriteriaTest, RefusesRegionsOutsideTheFrame) {
  EXPECT_THAT(Refusal({InRectangle{600, 0, 700, 100}}),
              HasSubstr("outside the frame of 512 x 256"));
  EXPECT_THAT(Refusal({InCircle{256, 400, 100}}), HasSubstr("outside the frame"));
  // 12 nm are 600 px here; 6 nm are inside.
  EXPECT_THAT(Refusal({InCircle{12, 2, 0.5, LengthUnit::kNanometres}}),
              HasSubstr("outside the frame"));
  EXPECT_TRUE(Check({InCircle{6, 2, 0.5, LengthUnit::kNanometres}}).ok());
}

TEST(CheckCriteriaTest, FindsContradictionsInEachProperty) {
  EXPECT_THAT(Refusal(All(IntensityIn{0.5, 1}, KindIn{{"bulk"}}, IntensityIn{0, 0.3})),
              HasSubstr("no site can be intensity in [0.5, 1] and intensity in [0, 0.3]"));
  EXPECT_THAT(Refusal(All(ClusterIn{{0}}, ClusterIn{{1}})),
              HasSubstr("cluster in {0} and cluster in {1}"));
  EXPECT_THAT(Refusal(All(KindIn{{"edge"}}, No(KindIn{{"edge"}}))),
              HasSubstr("kind in {edge} and not kind in {edge}"));
  EXPECT_THAT(
      Refusal(All(CoordinationIn{2, 3}, No(CoordinationIn{2, 2}), No(CoordinationIn{3, 4}))),
      HasSubstr("coordination in [2, 3] and not coordination in [2, 2]"));
  EXPECT_THAT(Refusal({No(ConfidenceIn{0, 1})}), HasSubstr("not confidence in [0, 1]"));
  EXPECT_THAT(
      Refusal(All(ConfidenceIn{0.2, 0.8}, No(ConfidenceIn{0, 0.5}), No(ConfidenceIn{0.5, 1}))),
      HasSubstr("not confidence in [0, 0.5] and not confidence in [0.5, 1]"));
  EXPECT_THAT(Refusal(All(HoleEdgeDistanceIn{.max = 1, .unit = LengthUnit::kNanometres},
                          HoleEdgeDistanceIn{.min = 51})),
              HasSubstr("hole_edge_distance in [0, 1] nm and hole_edge_distance in [51, inf] px"));
  EXPECT_THAT(Refusal(All(InCircle{50, 50, 10}, InRectangle{100, 100, 200, 200})),
              HasSubstr("in the circle of radius 10 around (50, 50) px and in the rectangle"));
  EXPECT_THAT(Refusal(All(InCircle{50, 50, 10}, No(InRectangle{30, 30, 70, 70}))),
              HasSubstr("not in the rectangle"));
  EXPECT_THAT(Refusal({No(InRectangle{-10, -10, 600, 300})}), HasSubstr("not in the rectangle"));
  EXPECT_THAT(Refusal(All(InRectangle{40, 40, 60, 60}, No(InCircle{50, 50, 15}))),
              HasSubstr("not in the circle"));
  EXPECT_TRUE(Check(All(InRectangle{40, 40, 60, 60}, No(InCircle{50, 50, 14}))).ok());  // corners
  EXPECT_THAT(Refusal({No(AllOf{})}), HasSubstr("matches nothing"));
}

TEST(CheckCriteriaTest, FindsContradictionsThroughNestedGroups) {
  // not (a or b) and (a or b)
  const AnyOf either{{Condition{ClusterIn{{0}}}, Condition{KindIn{{"edge"}}}}};
  EXPECT_THAT(Refusal(All(either, No(either))), HasSubstr("no site can be"));
  // not (a and b) and a and b
  const AllOf both{{Condition{ClusterIn{{0}}}, Condition{KindIn{{"edge"}}}}};
  EXPECT_THAT(Refusal(All(No(both), both)), HasSubstr("no site can be"));
  EXPECT_TRUE(Check(All(No(both), ClusterIn{{0}})).ok());
}

TEST(CheckCriteriaTest, BoundsTheSizeOfAnExpression) {
  std::vector<Condition> many(64, Condition{KindIn{{"bulk"}}});
  EXPECT_THAT(Refusal({AllOf{many}}), HasSubstr("more than 64 conditions"));
  Condition deep{KindIn{{"bulk"}}};
  for (int i = 0; i < 8; ++i) deep = Condition{AllOf{{deep}}};
  EXPECT_THAT(Refusal(deep), HasSubstr("more than 8 levels"));
  // 2^13 alternatives in 40 conditions.
  const Condition pair = Any(KindIn{{"bulk"}}, KindIn{{"edge"}});
  EXPECT_THAT(Refusal({AllOf{std::vector<Condition>(13, pair)}}),
              HasSubstr("more than 4096 combinations"));
}

TEST(CheckCriteriaTest, ChecksSpacingCountOrderAndStart) {
  const auto refusal = [](const Criteria& criteria) {
    return std::string(CheckCriteria(criteria, Context()).message());
  };
  EXPECT_THAT(refusal({.min_spacing = -1}), HasSubstr("criteria.min_spacing = -1"));
  EXPECT_THAT(refusal({.min_spacing = 600}), HasSubstr("criteria.min_spacing = 600"));
  EXPECT_THAT(refusal({.max_count = 0}), HasSubstr("criteria.max_count = 0"));
  EXPECT_THAT(refusal({.max_count = 5000}), HasSubstr("criteria.max_count = 5000"));
  EXPECT_THAT(refusal({.order = static_cast<TargetOrder>(9)}), HasSubstr("criteria.order = 9"));
  EXPECT_THAT(refusal({.path_start = PointPx{0, 300}}),
              HasSubstr("criteria.path_start = (0, 300)"));
}

TEST(CheckCriteriaTest, RefusesWhatThisFrameDoesNotKnow) {
  CriteriaContext context = Context();
  context.pixel_size_nm = 0;
  context.clusters.clear();
  Criteria criteria;
  criteria.where = {InCircle{1, 1, 1, LengthUnit::kNanometres}};
  EXPECT_THAT(CheckCriteria(criteria, context).message(), HasSubstr("circle = 1 nm"));
  criteria.where = {ClusterIn{{0}}};
  EXPECT_THAT(CheckCriteria(criteria, context).message(), HasSubstr("none is known"));
  criteria.where = {ClusterProbabilityIn{0.9, 1}};
  EXPECT_THAT(CheckCriteria(criteria, context).message(), HasSubstr("no cluster is known"));
  criteria.where = {};
  criteria.min_spacing = 1;
  criteria.min_spacing_unit = LengthUnit::kNanometres;
  EXPECT_THAT(CheckCriteria(criteria, context).message(), HasSubstr("min_spacing = 1 nm"));
}

}  // namespace
}  // namespace atomstream
