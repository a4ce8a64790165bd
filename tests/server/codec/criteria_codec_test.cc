#include "server/codec/criteria_codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

absl::StatusOr<CriteriaRequest> Read(const std::string& text) {
  v1::Criteria proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  return CriteriaFromProto(proto);
}

std::string ErrorOf(const std::string& text) {
  const auto read = Read(text);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << text;
  return std::string(read.status().message());
}

TEST(CriteriaCodecTest, TakesNothingForEverySite) {
  const auto read = Read("");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(std::get<AllOf>(read->criteria.where.value).conditions.empty());
  EXPECT_EQ(read->criteria.max_count, 100);
  EXPECT_EQ(read->criteria.order, TargetOrder::kScore);
  EXPECT_FALSE(read->patience_frames.has_value());
}

TEST(CriteriaCodecTest, ReadsEveryCondition) {
  const auto read = Read(R"(
      where { all_of {
        conditions { cluster { ids: 2 ids: 3 } }
        conditions { cluster_probability { min: 0.5 } }
        conditions { kind { kinds: SITE_KIND_DOPANT kinds: SITE_KIND_ODD_RING } }
        conditions { coordination { min: 3 max: 3 } }
        conditions { intensity { max: 0.7 } }
        conditions { confidence { min: 0.1 max: 0.9 } }
        conditions { hole_edge_distance { range { min: 1 } unit: LENGTH_UNIT_NANOMETRES } }
        conditions { rectangle { left: 1 top: 2 right: 3 bottom: 4 } }
        conditions { not { circle { x: 1 y: 2 radius: 3 unit: LENGTH_UNIT_PIXELS } } }
        conditions { any_of { conditions { coordination { max: 2 } } } }
      } }
      min_spacing: 2 min_spacing_unit: LENGTH_UNIT_NANOMETRES max_count: 7
      order: TARGET_ORDER_SHORTEST_PATH patience_frames: 0)");
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& all = std::get<AllOf>(read->criteria.where.value).conditions;
  ASSERT_EQ(all.size(), 10u);
  EXPECT_EQ(std::get<ClusterIn>(all[0].value).clusters, (std::vector<int>{2, 3}));
  EXPECT_EQ(std::get<ClusterProbabilityIn>(all[1].value).min, 0.5);
  EXPECT_EQ(std::get<ClusterProbabilityIn>(all[1].value).max, 1);
  EXPECT_EQ(std::get<KindIn>(all[2].value).kinds, (std::vector<std::string>{"dopant", "odd_ring"}));
  EXPECT_EQ(std::get<CoordinationIn>(all[3].value).min, 3);
  EXPECT_EQ(std::get<IntensityIn>(all[4].value).max, 0.7);
  EXPECT_EQ(std::get<ConfidenceIn>(all[5].value).max, 0.9);
  EXPECT_EQ(std::get<HoleEdgeDistanceIn>(all[6].value).unit, LengthUnit::kNanometres);
  EXPECT_EQ(std::get<InRectangle>(all[7].value).bottom, 4);
  const Not& negation = std::get<Not>(all[8].value);
  EXPECT_EQ(std::get<InCircle>(negation.condition[0].value).radius, 3);
  const AnyOf& any = std::get<AnyOf>(all[9].value);
  EXPECT_EQ(std::get<CoordinationIn>(any.conditions[0].value).min, 0);
  EXPECT_EQ(read->criteria.min_spacing, 2);
  EXPECT_EQ(read->criteria.min_spacing_unit, LengthUnit::kNanometres);
  EXPECT_EQ(read->criteria.max_count, 7);
  EXPECT_EQ(read->criteria.order, TargetOrder::kShortestPath);
  EXPECT_EQ(read->patience_frames, 0);
}

TEST(CriteriaCodecTest, NamesThePathOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf(R"(where { all_of { conditions { confidence {} }
                                          conditions { coordination { min: -1 } } } })"),
              StartsWith("criteria.where.all_of[1].coordination.min = -1: must be a whole number"));
  EXPECT_THAT(ErrorOf("where { not { coordination { max: 2.5 } } }"),
              StartsWith("criteria.where.not.coordination.max = 2.5: "));
  EXPECT_THAT(ErrorOf("where { any_of { conditions {} } }"),
              StartsWith("criteria.where.any_of[0]: no condition is set"));
  EXPECT_THAT(ErrorOf("where { kind { kinds: SITE_KIND_UNSPECIFIED } }"),
              StartsWith("criteria.where.kind[0] = 0: "));
  EXPECT_THAT(ErrorOf("where { circle { radius: 1 unit: 7 } }"),
              StartsWith("criteria.where.circle.unit = 7: "));
  EXPECT_THAT(ErrorOf("order: 9"), StartsWith("criteria.order = 9: "));
  EXPECT_THAT(ErrorOf("min_spacing_unit: 9"), StartsWith("criteria.min_spacing_unit = 9: "));
  EXPECT_THAT(ErrorOf("max_count: 4097"), StartsWith("criteria.max_count = 4097: "));
  EXPECT_THAT(ErrorOf("max_count: -1"), StartsWith("criteria.max_count = -1: "));
  EXPECT_THAT(ErrorOf("patience_frames: 1001"), StartsWith("criteria.patience_frames = 1001: "));
}

TEST(CriteriaCodecTest, BoundsWhatIsNested) {
  v1::Criteria deep;
  v1::Condition* condition = deep.mutable_where();
  for (int level = 0; level < 50; ++level) condition = condition->mutable_not_();
  condition->mutable_confidence();
  const auto read = CriteriaFromProto(deep);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("more than 8 levels"));
  v1::Criteria wide;
  for (int i = 0; i < 65; ++i) {
    wide.mutable_where()->mutable_any_of()->add_conditions()->mutable_confidence();
  }
  EXPECT_THAT(std::string(CriteriaFromProto(wide).status().message()),
              HasSubstr("more than 64 conditions"));
}

}  // namespace
}  // namespace atomstream
