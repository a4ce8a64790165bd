#include "client/cli/filter_flags.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace atomstream {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'795'428'000);  // 2026-11-23T10:00:00Z

absl::StatusOr<v1::ResultFilter> FilterOf(const std::vector<std::string>& arguments) {
  FilterFlags flags;
  FlagSet flag_set("test");
  flags.AddTo(flag_set);
  const auto rest = flag_set.Parse(arguments);
  EXPECT_TRUE(rest.ok()) << rest.status();
  return flags.Filter(kNow);
}

TEST(FilterFlagsTest, WithoutFlagsEveryResultMeetsTheFilter) {
  EXPECT_EQ(FilterOf({})->ByteSizeLong(), 0u);
}

TEST(FilterFlagsTest, FillsEveryField) {
  const auto filter =
      FilterOf({"--from=2026-11-23", "--before=2026-11-23T10:00:00.5Z", "--detector=log_star",
                "--material=graphene", "--frame_id=f", "--origin=analyze", "--min_atoms=7",
                "--max_qc=0.5", "--max_er=0.25", "--min_f1=0.9", "--succeeded"});
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(filter->acquired_from().seconds(), 1'795'392'000);
  EXPECT_EQ(filter->acquired_before().seconds(), 1'795'428'000);
  EXPECT_EQ(filter->acquired_before().nanos(), 500'000'000);
  EXPECT_EQ(filter->detector(), "log_star");
  EXPECT_EQ(filter->material(), "graphene");
  EXPECT_EQ(filter->frame_id(), "f");
  EXPECT_EQ(filter->origin(), "analyze");
  EXPECT_EQ(filter->min_atoms(), 7);
  EXPECT_EQ(filter->max_qc(), 0.5);
  EXPECT_EQ(filter->max_er(), 0.25);
  EXPECT_EQ(filter->min_f1(), 0.9);
  EXPECT_TRUE(filter->succeeded());
}

TEST(FilterFlagsTest, ABoundOfZeroIsABound) {
  const auto filter = FilterOf({"--min_atoms=0", "--max_qc=0"});
  EXPECT_TRUE(filter->has_min_atoms());
  EXPECT_TRUE(filter->has_max_qc());
}

TEST(FilterFlagsTest, NamesWrongValues) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--from=yesterday"}, "--from = yesterday: is no time"},
      {{"--before=infinite-future"}, "--before = infinite-future: is no time"},
      {{"--detector=yolo"}, "--detector = yolo: must be log_star, unet or both"},
      {{"--origin=moon"}, "--origin = moon: must be source or analyze"},
      {{"--min_atoms=1.5"}, "--min_atoms = 1.5: is not a whole number"},
      {{"--min_atoms=-1"}, "--min_atoms = -1: must not be negative"},
      {{"--max_qc=nan"}, "--max_qc = nan: is not a number"},
      {{"--max_er=-0.1"}, "--max_er = -0.1: must not be negative"},
      {{"--min_f1=1.1"}, "--min_f1 = 1.1: must be in [0, 1]"},
      {{"--from=-5m", "--before=-10m"}, "--before = -10m: must be later than --from"},
      {{"--succeeded", "--failed"}, "either --succeeded or --failed"}};
  for (const auto& [arguments, message] : cases) {
    const auto filter = FilterOf(arguments);
    EXPECT_TRUE(absl::IsInvalidArgument(filter.status())) << message;
    EXPECT_THAT(std::string(filter.status().message()), HasSubstr(message));
  }
}

TEST(FilterFlagsTest, TextNamesWhatWasGiven) {
  FilterFlags flags;
  EXPECT_EQ(flags.Text(), "");
  flags.from = "-90m";
  flags.detector = "unet";
  flags.failed = true;
  EXPECT_EQ(flags.Text(), " --from=-90m --detector=unet --failed");
}

TEST(ParseTimeTest, TakesDatesTimesZonesAndTimesAgo) {
  const std::vector<std::pair<std::string, absl::Time>> cases = {
      {"2026-11-23", kNow - absl::Hours(10)},
      {"2026-11-23T10:00", kNow},
      {"2026-11-23T10:00:00", kNow},
      {"2026-11-23 10:00:00.25", kNow + absl::Milliseconds(250)},
      {"2026-11-23T11:00:00+01:00", kNow},
      {"-90m", kNow - absl::Minutes(90)},
      {"-1h30m", kNow - absl::Minutes(90)},
      {"-0.5s", kNow - absl::Milliseconds(500)}};
  for (const auto& [text, expected] : cases) {
    absl::Time time;
    EXPECT_TRUE(ParseTime(text, kNow, time)) << text;
    EXPECT_EQ(time, expected) << text;
  }
}

TEST(ParseTimeTest, RefusesWhatIsNone) {
  for (const char* text : {"", "-", "90m", "--5m", "-inf", "2026", "2026-13-01", "2026-11-23T25:00",
                           "2026-11-23T10:00:00Zulu", "now"}) {
    absl::Time time;
    EXPECT_FALSE(ParseTime(text, kNow, time)) << text;
  }
}

}  // namespace
}  // namespace atomstream
