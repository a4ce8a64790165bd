#include "client/cli/criteria_flags.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <fstream>

#include "gmock/gmock.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

v1::Criteria Parse(const std::string& text) {
  v1::Criteria criteria;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &criteria)) << text;
  return criteria;
}

void ExpectCriteria(const CriteriaFlags& flags, const std::string& expected) {
  const auto criteria = CriteriaOf(flags);
  ASSERT_TRUE(criteria.ok()) << criteria.status();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*criteria, Parse(expected)))
      << criteria->DebugString() << "instead of\n"
      << expected;
}

TEST(CriteriaFlagsTest, NoFlagsLeaveEverythingToTheDaemon) { ExpectCriteria({}, ""); }

TEST(CriteriaFlagsTest, OneConditionStandsAloneAndSeveralMustAllHold) {
  CriteriaFlags flags;
  flags.kind = "dopant";
  ExpectCriteria(flags, "where { kind { kinds: SITE_KIND_DOPANT } }");
  flags.kind = "dopant,hole_edge";
  flags.coordination = std::string("3");
  flags.cluster = "1,4";
  ExpectCriteria(flags, R"(
      where { all_of {
        conditions { kind { kinds: SITE_KIND_DOPANT kinds: SITE_KIND_HOLE_EDGE } }
        conditions { cluster { ids: 1 ids: 4 } }
        conditions { coordination { min: 3 max: 3 } }
      } })");
}

TEST(CriteriaFlagsTest, RangesMayBeOpen) {
  CriteriaFlags flags;
  flags.confidence = "0.8..";
  flags.intensity = "..0.9";
  flags.cluster_probability = "0.5..0.75";
  flags.hole_edge_px = "-1..20";
  ExpectCriteria(flags, R"(
      where { all_of {
        conditions { confidence { min: 0.8 } }
        conditions { cluster_probability { min: 0.5 max: 0.75 } }
        conditions { intensity { max: 0.9 } }
        conditions { hole_edge_distance {
          range { min: -1 max: 20 } unit: LENGTH_UNIT_PIXELS } }
      } })");
}

TEST(CriteriaFlagsTest, RegionsAndTheRest) {
  CriteriaFlags flags;
  flags.rectangle_px = "1,2,30.5,40";
  flags.circle_px = "10, 20, 5";
  flags.min_spacing = "0.5nm";
  flags.max_count = 7;
  flags.order = "path";
  flags.patience_frames = 0;
  ExpectCriteria(flags, R"(
      where { all_of {
        conditions { rectangle {
          left: 1 top: 2 right: 30.5 bottom: 40 unit: LENGTH_UNIT_PIXELS } }
        conditions { circle { x: 10 y: 20 radius: 5 unit: LENGTH_UNIT_PIXELS } }
      } }
      min_spacing: 0.5 min_spacing_unit: LENGTH_UNIT_NANOMETRES
      max_count: 7 order: TARGET_ORDER_SHORTEST_PATH patience_frames: 0)");
}

TEST(CriteriaFlagsTest, FlagsNarrowWhatTheFileSays) {
  TempFolder folder;
  CriteriaFlags flags;
  flags.criteria = folder / "criteria.textproto";
  std::ofstream(flags.criteria) << "where { not { kind { kinds: SITE_KIND_BULK } } } max_count: 5";
  flags.coordination = std::string("3");
  flags.max_count = 2;
  ExpectCriteria(flags, R"(
      where { all_of {
        conditions { not { kind { kinds: SITE_KIND_BULK } } }
        conditions { coordination { min: 3 max: 3 } }
      } } max_count: 2)");
}

TEST(CriteriaFlagsTest, NamesTheFlagAndTheValue) {
  const auto error = [](auto change) {
    CriteriaFlags flags;
    change(flags);
    const absl::Status status = CriteriaOf(flags).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(error([](auto& f) { f.kind = "ghost"; }),
              HasSubstr("--kind = ghost: must be of unknown, bulk, dopant"));
  EXPECT_THAT(error([](auto& f) { f.kind = "unspecified"; }), HasSubstr("--kind"));
  EXPECT_THAT(error([](auto& f) { f.cluster = "1,x"; }), HasSubstr("--cluster = 1,x"));
  for (const char* bad : {"x", "1..x", "..", "x..2"}) {
    EXPECT_THAT(error([&](auto& f) { f.coordination = bad; }),
                HasSubstr(absl::StrCat("--coordination = ", bad)));
  }
  EXPECT_THAT(error([](auto& f) { f.rectangle_px = "1,2,3"; }), HasSubstr("LEFT,TOP,RIGHT,BOTTOM"));
  EXPECT_THAT(error([](auto& f) { f.circle_px = "1,2,big"; }), HasSubstr("X,Y,RADIUS"));
  EXPECT_THAT(error([](auto& f) { f.min_spacing = "20"; }), HasSubstr("20px or 0.5nm"));
  EXPECT_THAT(error([](auto& f) { f.order = "best"; }), HasSubstr("--order = best"));
  EXPECT_THAT(error([](auto& f) { f.criteria = "/nowhere/at/all"; }),
              HasSubstr("--criteria = /nowhere/at/all: cannot be read"));
  TempFolder folder;
  const std::string path = folder / "bad.textproto";
  std::ofstream(path) << "where { colour: 3 }";
  EXPECT_THAT(error([&](auto& f) { f.criteria = path; }), HasSubstr("line 1"));
  EXPECT_THAT(error([&](auto& f) { f.criteria = folder.path(); }), HasSubstr("is a folder"));
  std::string deep = "where { ";
  for (int i = 0; i < 200; ++i) deep += "not { ";
  deep += "kind { kinds: SITE_KIND_DOPANT }";
  for (int i = 0; i < 201; ++i) deep += " }";
  std::ofstream(path) << deep;
  EXPECT_THAT(error([&](auto& f) { f.criteria = path; }), HasSubstr("nested too deeply"));
  EXPECT_THAT(error([](auto& f) { f.patience_frames = -2; }), HasSubstr("--patience_frames = -2"));
}

}  // namespace
}  // namespace atomstream
