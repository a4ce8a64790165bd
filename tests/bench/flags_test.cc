#include "tests/bench/flags.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(FlagsTest, ReadsValuesSwitchesListsAndPositionalArguments) {
  Flags flags({"a.npy", "--sigma", "2.5", "--count=7", "--fast", "--noise=0,0.5", "b.npy"},
              {"fast"});
  EXPECT_EQ(flags.Number("sigma", 1), 2.5);
  EXPECT_EQ(flags.Integer("count", 1), 7);
  EXPECT_TRUE(flags.Switch("fast"));
  EXPECT_THAT(flags.NumberList("noise", "1"), ElementsAre(0, 0.5));
  EXPECT_THAT(flags.positional(), ElementsAre("a.npy", "b.npy"));
  EXPECT_TRUE(flags.Finish(2).ok());
}

TEST(FlagsTest, MissingFlagsTakeTheirDefaults) {
  Flags flags({}, {"fast"});
  EXPECT_EQ(flags.Number("sigma", 1.5), 1.5);
  EXPECT_FALSE(flags.Switch("fast"));
  EXPECT_THAT(flags.TextList("names", "x,y"), ElementsAre("x", "y"));
  EXPECT_EQ(flags.Choice("format", {"text", "json"}, "text"), "text");
  EXPECT_TRUE(flags.Finish(0).ok());
}

TEST(FlagsTest, MistakesAreNamed) {
  Flags number({"--sigma", "wide"}, {});
  number.Number("sigma", 1);
  EXPECT_THAT(MessageOf(number.Finish(0)), HasSubstr("--sigma = \"wide\""));
  Flags unknown({"--sigmma", "1"}, {});
  unknown.Number("sigma", 1);
  EXPECT_THAT(MessageOf(unknown.Finish(0)), HasSubstr("--sigmma"));
  Flags choice({"--format", "xml"}, {});
  choice.Choice("format", {"text", "json"}, "text");
  EXPECT_THAT(MessageOf(choice.Finish(0)), HasSubstr("must be one of text, json"));
  Flags empty({"--sigma"}, {});
  empty.Number("sigma", 1);
  EXPECT_THAT(MessageOf(empty.Finish(0)), HasSubstr("--sigma: has no value"));
  Flags positional({"a", "b"}, {});
  EXPECT_FALSE(positional.Finish(1).ok());
}

}  // namespace
}  // namespace atomstream::bench
