// What `atomstream pareto` and `steer` print, and the requests that their flags make.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/front_text.h"
#include "client/cli/settings_text.h"
#include "client/cli/steer_flags.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::ParetoFront FrontOf(int size, int chosen) {
  v1::ParetoFront front;
  for (int i = 0; i < size; ++i) {
    v1::ParetoSolution& solution = *front.add_solutions();
    solution.set_qc(0.1 * i);
    solution.set_er(0.1 * (size - 1 - i));
    solution.mutable_params()->set_threshold(0.001 * (i + 1));
    solution.mutable_params()->set_preprocessing(v1::PREPROCESSING_LATTICE);
  }
  front.set_chosen_index(chosen);
  front.set_chosen_by("preference");
  return front;
}

v1::GetParetoFrontResponse ResponseOf(int size, int chosen) {
  v1::GetParetoFrontResponse response;
  response.mutable_position()->set_epoch("epoch");
  response.mutable_position()->set_sequence(7);
  response.set_frame_id("frame-1");
  *response.mutable_front() = FrontOf(size, chosen);
  response.mutable_settings()->set_version(3);
  response.mutable_settings()->mutable_selection()->set_preference(0.5);
  return response;
}

std::vector<std::string> LinesOf(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

TEST(FrontTextTest, MarksTheChosenSolution) {
  const std::string text = FrontText(ResponseOf(3, 1), TextStyle());
  EXPECT_THAT(text, HasSubstr("settings version 3: preference 0.5"));
  EXPECT_THAT(text, HasSubstr("chosen by preference"));
  int marked = 0;
  for (const std::string& line : LinesOf(text)) {
    if (line[0] != '>') continue;
    ++marked;
    EXPECT_THAT(line, HasSubstr("    1   0.1000   0.1000  lattice"));
  }
  EXPECT_EQ(marked, 1);
}

TEST(FrontTextTest, AFrameWithoutAFrontSaysWhy) {
  v1::GetParetoFrontResponse response = ResponseOf(0, -1);
  response.add_flags("no_lattice");
  EXPECT_THAT(FrontText(response, TextStyle()), HasSubstr("no front: no_lattice\n"));
}

TEST(FrontPlotTest, DrawsErOverQc) {
  const std::vector<std::string> lines = LinesOf(FrontPlot(FrontOf(3, 2), 5, 3));
  // Least QC has the greatest ER: from the top left to the bottom right.
  ASSERT_GE(lines.size(), 4u);
  EXPECT_EQ(lines[0], "  0.2000 |o    ");
  EXPECT_EQ(lines[1], "      ER |  o  ");
  EXPECT_EQ(lines[2], "  0.0000 |    @");
  EXPECT_EQ(lines[3], "         +-----");
}

TEST(FrontPlotTest, OfNothingIsNothing) { EXPECT_EQ(FrontPlot(FrontOf(0, -1), 5, 3), ""); }

TEST(WindowMapsTest, ShowEachParameterWhereItsWindowLies) {
  v1::GetParetoFrontResponse response;
  for (int i = 0; i < 4; ++i) {
    v1::WindowFront& window = *response.add_windows();
    window.set_x_px(50 * (i % 2));
    window.set_y_px(50 * (i / 2));
    window.set_width_px(256);
    window.set_evaluations(i == 0 ? 10 : 0);
    if (i == 2) continue;  // has no front
    *window.mutable_front() = FrontOf(1, 0);
    window.mutable_front()->mutable_solutions(0)->mutable_params()->set_threshold(0.01 * i);
  }
  const std::string maps = WindowMaps(response);
  EXPECT_THAT(maps, StartsWith("4 windows of 256 px, 1 searched in this frame"));
  // Thresholds 0, 0.01 and 0.03.
  EXPECT_THAT(maps, HasSubstr("threshold, 0 to 0.03\n  .3\n   9\n"));
  EXPECT_THAT(maps, HasSubstr("preprocessing, n none, g gaussian, l lattice\n  ll\n   l\n"));
}

TEST(WindowMapsTest, WithoutWindowsSaySo) {
  EXPECT_EQ(WindowMaps(v1::GetParetoFrontResponse()), "no window has a front\n");
}

TEST(FrontJsonTest, HasTheFrontTheWindowsAndTheSettings) {
  v1::GetParetoFrontResponse response = ResponseOf(2, 1);
  *response.add_windows()->mutable_front() = FrontOf(1, 0);
  JsonWriter json;
  json.BeginObject();
  WriteFront(response, json);
  json.EndObject();
  EXPECT_THAT(json.text(), StartsWith(R"({"epoch":"epoch","sequence":7,"frame_id":"frame-1")"));
  EXPECT_THAT(json.text(), HasSubstr(R"("chosen_index":1,"chosen_by":"preference")"));
  EXPECT_THAT(json.text(), HasSubstr(R"("windows":[{"x_px":0)"));
  EXPECT_THAT(json.text(), HasSubstr(R"("selection":"preference 0.5")"));
}

TEST(SettingsTextTest, TellsSelectionsForPeople) {
  v1::Selection selection;
  EXPECT_EQ(SelectionText(selection), "nothing");
  selection.set_place(v1::FRONT_PLACE_MIN_ER);
  EXPECT_EQ(SelectionText(selection), "min_er");
  selection.set_index(4);
  EXPECT_EQ(SelectionText(selection), "index 4");
  selection.mutable_weights()->set_er(2);
  EXPECT_EQ(SelectionText(selection), "weights QC 0, ER 2");
}

TEST(SettingsTextTest, ShowsEverySettingThatCanBeSet) {
  v1::Settings settings;
  settings.mutable_log_star()->mutable_time_budget()->set_nanos(50'000'000);
  const std::string text = SettingsText(settings);
  for (const char* name : {"material", "rewards", "er_distance_fraction", "preprocessing",
                           "window_mode", "window_size_px", "window_stride_fraction", "max_windows",
                           "optimizer", "max_evaluations", "refine_subpixel"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("\n", name, " ")));
  }
  EXPECT_THAT(text, HasSubstr("\ntime_budget_ms         50\n"));
}

TEST(SettingsTextTest, AChangeIsOneLine) {
  v1::SettingsChange change;
  change.mutable_settings()->set_version(3);
  change.set_changed_by("ana (here)");
  change.set_text("selection: knee -> preference 0.3");
  EXPECT_EQ(ChangeLine(change),
            "settings version 3, ana (here): selection: knee -> preference 0.3");
}

// What the flags ask for.
class SteerFlagsTest : public testing::Test {
 protected:
  SteerFlags Parse(const std::vector<std::string>& arguments) {
    SteerFlags flags;
    FlagSet set("steer");
    flags.AddTo(set);
    EXPECT_TRUE(set.Parse(arguments).ok());
    return flags;
  }
  std::string SelectError(const std::vector<std::string>& arguments) {
    return std::string(Parse(arguments).SelectRequest().status().message());
  }
  std::string UpdateError(const std::vector<std::string>& arguments) {
    return std::string(Parse(arguments).UpdateRequest().status().message());
  }
};

TEST_F(SteerFlagsTest, ASelectionIsOneOfFourWays) {
  EXPECT_EQ(Parse({"--preference=0"}).SelectRequest()->selection().by_case(),
            v1::Selection::kPreference);
  EXPECT_EQ(Parse({"--place=min_qc"}).SelectRequest()->selection().place(), v1::FRONT_PLACE_MIN_QC);
  EXPECT_EQ(Parse({"--index=0"}).SelectRequest()->selection().by_case(), v1::Selection::kIndex);
  EXPECT_EQ(Parse({"--weights=1,2.5"}).SelectRequest()->selection().weights().er(), 2.5);
}

TEST_F(SteerFlagsTest, NameAndVersionGoWithTheRequest) {
  const auto request = Parse({"--preference=1", "--as=ana", "--expect-version=3"}).SelectRequest();
  EXPECT_EQ(request->requested_by(), "ana");
  EXPECT_EQ(request->expected_version(), 3);
}

TEST_F(SteerFlagsTest, BadValuesNameTheFlag) {
  EXPECT_THAT(SelectError({"--preference=1.5"}), StartsWith("--preference = 1.5: "));
  EXPECT_THAT(SelectError({"--place=middle"}), StartsWith("--place = middle: "));
  for (const char* preference : {"-0.1", "nan", "half"}) {
    EXPECT_THAT(SelectError({absl::StrCat("--preference=", preference)}),
                StartsWith(absl::StrCat("--preference = ", preference, ": ")));
  }
  for (const char* index : {"-3", "-1", "1.5", "99999999999"}) {
    EXPECT_THAT(SelectError({absl::StrCat("--index=", index)}),
                StartsWith(absl::StrCat("--index = ", index, ": ")));
  }
  for (const char* weights : {"1", "1,x", "-1,1", "0,0", "1,inf", "1,2,3"}) {
    EXPECT_THAT(SelectError({absl::StrCat("--weights=", weights)}),
                StartsWith(absl::StrCat("--weights = ", weights, ": ")));
  }
  EXPECT_THAT(SelectError({"--preference=1", "--place=knee"}), HasSubstr("give one of"));
}

TEST_F(SteerFlagsTest, SettingsBecomeAMaskAndValues) {
  const auto request = Parse({"--set", "material=graphene", "--set", "preprocessing=none,lattice",
                              "--set=window_mode=map", "--set=time_budget_ms=1500.5",
                              "--set=rewards=er,qc", "--set=refine_subpixel=false",
                              "--set=max_windows=4", "--set=er_distance_fraction=0.75"})
                           .UpdateRequest();
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(request->update_mask().paths(),
              ElementsAre("material", "preprocessing", "window_mode", "time_budget", "rewards",
                          "refine_subpixel", "max_windows", "er_distance_fraction"));
  const v1::LogStarSettings& settings = request->log_star();
  EXPECT_EQ(settings.material(), "graphene");
  EXPECT_THAT(settings.preprocessing(),
              ElementsAre(v1::PREPROCESSING_NONE, v1::PREPROCESSING_LATTICE));
  EXPECT_EQ(settings.window_mode(), v1::WINDOW_MODE_MAP);
  EXPECT_EQ(settings.time_budget().seconds(), 1);
  EXPECT_EQ(settings.time_budget().nanos(), 500'500'000);
  EXPECT_THAT(settings.rewards(), ElementsAre("er", "qc"));
  EXPECT_FALSE(settings.refine_subpixel());
  EXPECT_EQ(settings.max_windows(), 4);
  EXPECT_EQ(settings.er_distance_fraction(), 0.75);
}

TEST_F(SteerFlagsTest, BadSettingsAreNamed) {
  for (const char* text :
       {"colour=red", "material", "material=", "preprocessing=sharp", "window_mode=maps",
        "window_size_px=wide", "time_budget_ms=-1", "rewards=qc", "refine_subpixel=perhaps"}) {
    EXPECT_THAT(UpdateError({"--set", text}), StartsWith(absl::StrCat("--set = ", text, ": ")));
  }
  EXPECT_THAT(UpdateError({"--set", "max_windows=1", "--set", "max_windows=2"}),
              HasSubstr("twice"));
}

TEST_F(SteerFlagsTest, OneThingIsAskedForAtATime) {
  using Kind = SteerFlags::Kind;
  EXPECT_EQ(*Parse({"--show"}).Asked(), Kind::kShow);
  EXPECT_EQ(*Parse({"--history"}).Asked(), Kind::kHistory);
  EXPECT_EQ(*Parse({"--preference=0"}).Asked(), Kind::kSelect);
  EXPECT_EQ(*Parse({"--set", "max_windows=1"}).Asked(), Kind::kUpdate);
  EXPECT_EQ(*Parse({"--reprocess"}).Asked(), Kind::kReprocess);
  EXPECT_EQ(*Parse({"--measure=10"}).Asked(), Kind::kMeasure);
  const std::vector<std::vector<std::string>> refused = {
      {},
      {"--show", "--history"},
      {"--preference=0", "--set", "max_windows=1"},
      {"--preference=0", "--sequence=3"},
      {"--preference=0", "--validate_only"},
      {"--show", "--frame_id=f"},
      {"--measure=-1"},
      {"--show", "--expect_version=-1"}};
  for (const std::vector<std::string>& arguments : refused) {
    EXPECT_FALSE(Parse(arguments).Asked().ok()) << testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace atomstream
