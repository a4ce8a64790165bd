#include "core/base/flag_set.h"

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FlagSetTest : public ::testing::Test {
 protected:
  FlagSetTest() {
    flags_.Add("page_size", &page_size_, "results a page");
    flags_.Add("pixel_size_nm", &pixel_size_nm_, "side of a pixel");
    flags_.Add("material", &material_, "of the frame");
    flags_.Add("loop", &loop_, "start again");
    flags_.Add("big", &big_, "a large number");
    flags_.Add("set", &set_, "a setting");
  }

  std::string Error(const std::vector<std::string>& arguments) {
    return std::string(flags_.Parse(arguments).status().message());
  }

  FlagSet flags_{"program [flags]"};
  int page_size_ = 50;
  double pixel_size_nm_ = 0;
  std::string material_ = "auto";
  bool loop_ = false;
  int64_t big_ = 0;
  std::vector<std::string> set_;
};

TEST_F(FlagSetTest, TakesValuesWithEqualsOrAsTheNextArgument) {
  const auto rest = flags_.Parse({"--page_size=3", "--material", "graphene", "--loop", "--big",
                                  "5000000000", "--pixel_size_nm=-1e-3"});
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(page_size_, 3);
  EXPECT_EQ(material_, "graphene");
  EXPECT_TRUE(loop_);
  EXPECT_EQ(big_, 5000000000);
  EXPECT_EQ(pixel_size_nm_, -1e-3);
}

TEST_F(FlagSetTest, TakesHyphensForUnderscores) {
  ASSERT_TRUE(flags_.Parse({"--page-size", "7", "--pixel-size_nm", "0.02"}).ok());
  EXPECT_EQ(page_size_, 7);
  EXPECT_EQ(pixel_size_nm_, 0.02);
}

TEST_F(FlagSetTest, ReturnsWhatIsNoFlagInOrder) {
  const auto rest = flags_.Parse({"a.npy", "--loop=false", "-", "b.tif", "--", "--material", "-x"});
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_THAT(*rest, ElementsAre("a.npy", "-", "b.tif", "--material", "-x"));
}

TEST_F(FlagSetTest, NamesTheFlagAndTheValueThatAreWrong) {
  EXPECT_THAT(Error({"--page_size=many"}), HasSubstr("--page_size = many: is not an integer"));
  EXPECT_THAT(Error({"--page_size="}), HasSubstr("--page_size = : is not an integer"));
  EXPECT_THAT(Error({"--page_size=99999999999"}), HasSubstr("99999999999"));
  EXPECT_THAT(Error({"--pixel_size_nm", "wide"}), HasSubstr("--pixel_size_nm = wide"));
  EXPECT_THAT(Error({"--loop=perhaps"}), HasSubstr("--loop = perhaps"));
  EXPECT_THAT(Error({"--material"}), HasSubstr("--material: the value is missing"));
  EXPECT_THAT(Error({"--colour=red"}), HasSubstr("--colour: unknown flag"));
  EXPECT_THAT(Error({"-x"}), HasSubstr("-x: unknown flag"));
}

TEST_F(FlagSetTest, AListTakesEveryFlagOfItsName) {
  ASSERT_TRUE(flags_.Parse({"--set=a=1", "--big=3", "--set", "b"}).ok());
  EXPECT_EQ(set_, (std::vector<std::string>{"a=1", "b"}));
}

TEST_F(FlagSetTest, HelpShowsEveryFlagWithItsDefault) {
  ASSERT_TRUE(flags_.Parse({"--help"}).ok());
  EXPECT_TRUE(flags_.help_requested());
  const std::string help = flags_.Help();
  EXPECT_THAT(help, HasSubstr("program [flags]"));
  EXPECT_THAT(help, HasSubstr("results a page (50)"));
  EXPECT_THAT(help, HasSubstr("of the frame (\"auto\")"));
  EXPECT_THAT(help, HasSubstr("--pixel_size_nm"));
}

}  // namespace
}  // namespace atomstream
