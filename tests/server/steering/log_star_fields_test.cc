#include "server/steering/log_star_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/fakes/changed_log_star_options.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(LogStarFieldsTest, AFieldIsCopiedAloneAndComparedAlone) {
  for (const std::string& name : LogStarFieldNames()) {
    LogStarOptions options;
    ASSERT_TRUE(CopyFields({name}, ChangedLogStarOptions(), options).ok());
    const std::vector<FieldChange> changes = CompareFields(LogStarOptions(), options);
    ASSERT_EQ(changes.size(), 1u) << name;
    EXPECT_EQ(changes[0].name, name);
    EXPECT_NE(changes[0].before, changes[0].after) << name;
  }
}

TEST(LogStarFieldsTest, AStarMeansAll) {
  LogStarOptions options;
  ASSERT_TRUE(CopyFields({"*"}, ChangedLogStarOptions(), options).ok());
  EXPECT_TRUE(CompareFields(options, ChangedLogStarOptions()).empty());
  EXPECT_EQ(CompareFields(LogStarOptions(), options).size(), LogStarFieldNames().size());
}

TEST(LogStarFieldsTest, ANameThatIsNoFieldIsNamedWithThoseThatAre) {
  LogStarOptions options;
  const absl::Status status = CopyFields({"material", "matter"}, ChangedLogStarOptions(), options);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), StartsWith("update_mask = matter: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("window_stride_fraction"));
  EXPECT_TRUE(absl::IsInvalidArgument(CopyFields({}, ChangedLogStarOptions(), options)));
}

TEST(LogStarFieldsTest, TextsAreForPeople) {
  const std::vector<FieldChange> changes = CompareFields(LogStarOptions(), ChangedLogStarOptions());
  const auto after = [&](const std::string& name) {
    for (const FieldChange& change : changes) {
      if (change.name == name) return change.before + " -> " + change.after;
    }
    return std::string();
  };
  EXPECT_EQ(after("material"), "auto -> graphene");
  EXPECT_EQ(after("rewards"), "qc,er -> er,qc");
  EXPECT_EQ(after("preprocessing"), "none,lattice -> gaussian,none");
  EXPECT_EQ(after("window_mode"), "global -> map");
  EXPECT_EQ(after("time_budget"), "none -> 1.5005s");
  EXPECT_EQ(after("refine_subpixel"), "true -> false");
}

struct BadOptions {
  const char* message;
  void (*spoil)(LogStarOptions&);
};

class BadFieldsTest : public testing::TestWithParam<BadOptions> {};

TEST_P(BadFieldsTest, AreNamedAsTheContractDoes) {
  LogStarOptions options = ChangedLogStarOptions();
  GetParam().spoil(options);
  const absl::Status status = ValidateFields(options);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadFieldsTest,
    testing::Values(
        BadOptions{"log_star.material = unobtainium: ",
                   [](LogStarOptions& o) { o.material = "unobtainium"; }},
        BadOptions{"log_star.rewards = qc: ",
                   [](LogStarOptions& o) {
                     o.rewards = {"qc", "qc"};
                   }},
        BadOptions{"log_star.er_distance_fraction = 0.5: ",
                   [](LogStarOptions& o) { o.er_distance_d_nn = 0.5; }},
        BadOptions{"log_star.preprocessing: ", [](LogStarOptions& o) { o.preprocessing.clear(); }},
        BadOptions{"log_star.window_size_px = 8: ",
                   [](LogStarOptions& o) { o.window_size_px = 8; }},
        BadOptions{
            "log_star.window_stride_fraction = nan: ",
            [](LogStarOptions& o) { o.window_stride = std::numeric_limits<double>::quiet_NaN(); }},
        BadOptions{"log_star.max_windows = 0: ", [](LogStarOptions& o) { o.max_windows = 0; }},
        BadOptions{"log_star.max_evaluations = -1: ",
                   [](LogStarOptions& o) { o.max_evaluations = -1; }}));

TEST(LogStarFieldsTest, AnUnknownMaterialIsNotFound) {
  LogStarOptions options;
  options.material = "unobtainium";
  EXPECT_TRUE(absl::IsNotFound(ValidateFields(options)));
  options.custom_materials.push_back({.name = "unobtainium",
                                      .vectors_nm = {{{0.3, 0}, {0, 0.3}}},
                                      .basis = {{.fraction = {0, 0}, .species = "U"}}});
  EXPECT_TRUE(ValidateFields(options).ok());
}

TEST(SelectionTest, ValuesOutOfRangeAreNamedAsTheContractDoes) {
  const auto message = [](const SolutionChoice& choice) {
    return std::string(ValidateSelection(choice).message());
  };
  EXPECT_THAT(message(SolutionChoice::ByPreference(1.5)), StartsWith("selection.preference = 1.5"));
  EXPECT_THAT(message(SolutionChoice::AtIndex(-1)), StartsWith("selection.index = -1"));
  EXPECT_THAT(message(SolutionChoice::ByWeights(-1, 1)), StartsWith("selection.weights.qc = -1"));
  EXPECT_THAT(message(SolutionChoice::ByWeights(0, 0)), StartsWith("selection.weights.er = 0"));
  EXPECT_EQ(message(SolutionChoice::ByPreference(1)), "");
}

TEST(SelectionTest, TextsAreForPeople) {
  EXPECT_EQ(SelectionText({}), "knee");
  EXPECT_EQ(SelectionText(SolutionChoice::ByPreference(0.3)), "preference 0.3");
  EXPECT_EQ(SelectionText(SolutionChoice::AtIndex(4)), "index 4");
  EXPECT_EQ(SelectionText(SolutionChoice::ByWeights(1, 2)), "weights QC 1, ER 2");
}

}  // namespace
}  // namespace atomstream
