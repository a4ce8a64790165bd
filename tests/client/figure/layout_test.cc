// Palette, groups of atoms, transforms: what figures are laid out from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "client/figure/atom_groups.h"
#include "client/figure/canvas.h"
#include "client/figure/frame_panel.h"
#include "client/figure/palette.h"
#include "client/figure/parameter_map.h"
#include "tests/client/figure/example_result.h"

namespace atomstream::figure {
namespace {

using ::testing::ElementsAre;

TEST(PaletteTest, TwentyEightClustersAllLookDifferent) {
  std::set<std::tuple<double, double, double, Shape>> styles;
  for (int id = 0; id < 28; ++id) {
    const ClusterStyle style = StyleOfCluster(id);
    styles.emplace(style.colour.red, style.colour.green, style.colour.blue, style.shape);
  }
  EXPECT_EQ(styles.size(), 28u);
}

TEST(PaletteTest, MapsOfColoursRiseInLightnessAndCutWhatIsOutside) {
  for (const auto map : {Grey, Viridis}) {
    double before = -1;
    for (double share = 0; share <= 1; share += 0.05) {
      const Colour colour = map(share);
      const double lightness = 0.21 * colour.red + 0.72 * colour.green + 0.07 * colour.blue;
      EXPECT_GT(lightness, before) << share;
      before = lightness;
    }
    EXPECT_EQ(map(-3), map(0));
    EXPECT_EQ(map(7), map(1));
  }
}

TEST(GroupAtomsTest, EveryAtomIsInOneGroup) {
  const ExampleFrame example = MakeExample({});
  for (const ColourBy by : {ColourBy::kCluster, ColourBy::kKind, ColourBy::kNone}) {
    std::multiset<int> atoms;
    for (const AtomGroup& group : GroupAtoms(example.detector(), by, FigureKind::kAll).groups) {
      atoms.insert(group.atoms.begin(), group.atoms.end());
    }
    EXPECT_EQ(static_cast<int>(atoms.size()), example.detector().atoms().x_px_size());
    EXPECT_EQ(std::set<int>(atoms.begin(), atoms.end()).size(), atoms.size());
  }
}

TEST(GroupAtomsTest, AutomaticallyByWhatThereIs) {
  ExampleFrame example = MakeExample({});
  const auto by = [&](FigureKind figure) {
    return GroupAtoms(example.detector(), ColourBy::kAuto, figure).by;
  };
  EXPECT_EQ(by(FigureKind::kAll), ColourBy::kCluster);
  EXPECT_EQ(by(FigureKind::kSteering), ColourBy::kNone);
  example.detector().clear_clusters();
  EXPECT_EQ(by(FigureKind::kAll), ColourBy::kKind);
  example.detector().mutable_atoms()->clear_site_kind();
  EXPECT_EQ(by(FigureKind::kAll), ColourBy::kNone);
}

TEST(FitFrameTest, KeepsTheShapeAndPutsPixelCentresInTheMiddleOfPixels) {
  const FrameMap map = FitFrame(200, 100, {10, 20}, 400, 400);
  EXPECT_EQ(map.box.width, 400);
  EXPECT_EQ(map.box.height, 200);
  EXPECT_EQ(map.At(0, 0).x, 11);
  EXPECT_EQ(map.At(0, 0).y, 21);
  EXPECT_EQ(map.At(199.5, 99.5).x, map.box.right());
  EXPECT_EQ(map.At(199.5, 99.5).y, map.box.bottom());
  EXPECT_EQ(FitFrame(10, 4000, {0, 0}, 400, 400).box.height, 400);
}

TEST(PixelSizeTest, ThatOfTheLatticeBeforeThatOfTheFrame) {
  ExampleFrame example = MakeExample({.pixel_size_nm = 0.02});
  const auto size = [&] {
    return PixelSizeOf({example.result, example.detector(), example.frame, {}});
  };
  example.detector().mutable_lattice()->set_pixel_size_nm_used(0.03);
  EXPECT_EQ(size(), 0.03);
  example.detector().clear_lattice();
  EXPECT_DOUBLE_EQ(size(), 0.02);
  // A preview of a quarter of the columns, with no field of view.
  example.frame.clear_field_of_view_nm();
  example.frame.set_width_px(64);
  example.frame.set_pixel_size_nm(0.08);
  EXPECT_DOUBLE_EQ(size(), 0.02);
  example.frame.clear_pixel_size_nm();
  EXPECT_EQ(size(), 0);
}

v1::WindowFront WindowAt(int x, int y) {
  v1::WindowFront window;
  window.set_x_px(x);
  window.set_y_px(y);
  window.set_width_px(100);
  window.set_height_px(100);
  return window;
}

TEST(CellsTest, LieAroundTheWindowsCentres) {
  const std::vector<v1::WindowFront> windows = {WindowAt(20, 0), WindowAt(0, 0), WindowAt(40, 30)};
  const ParameterCells cells = CellsOf(windows);
  EXPECT_THAT(cells.x_edges, ElementsAre(40, 60, 80, 100));
  EXPECT_THAT(cells.y_edges, ElementsAre(35, 65, 95));
  EXPECT_THAT(cells.windows, ElementsAre(&windows[1], &windows[0], nullptr,  //
                                         nullptr, nullptr, &windows[2]));
}

TEST(CellsTest, OneWindowIsAsLargeAsItIs) {
  const std::vector<v1::WindowFront> windows = {WindowAt(10, 20)};
  const ParameterCells cells = CellsOf(windows);
  EXPECT_THAT(cells.x_edges, ElementsAre(10, 110));
  EXPECT_THAT(cells.y_edges, ElementsAre(20, 120));
}

TEST(MapTitleTest, TellsHowManyWereSearched) {
  std::vector<v1::WindowFront> windows = {WindowAt(0, 0), WindowAt(20, 0)};
  windows[0].set_evaluations(350);
  EXPECT_EQ(MapTitle(windows), "Hyper-parameters of 2 windows of 100 px, 1 searched in this frame");
  windows[1].set_evaluations(1);
  EXPECT_EQ(MapTitle(windows), "Hyper-parameters of 2 windows of 100 px");
}

class TextTest : public testing::Test {
 protected:
  std::unique_ptr<Canvas> canvas_ = *Canvas::Create(FileFormat::kPng, 100, 100, 100);
};

TEST_F(TextTest, FitsByCuttingWholeCharacters) {
  EXPECT_EQ(canvas_->Fit("short", 1000), "short");
  const std::string text = "ångström ångström ångström";
  const std::string cut = canvas_->Fit(text, 60);
  EXPECT_LE(canvas_->TextWidth(cut), 60);
  ASSERT_GT(cut.size(), 3u);
  EXPECT_EQ(cut.substr(cut.size() - 3), "…");
  // What is left is a beginning of the text that ends with a whole character.
  const std::string kept = cut.substr(0, cut.size() - 3);
  EXPECT_EQ(text.rfind(kept, 0), 0u);
  EXPECT_NE(static_cast<unsigned char>(text[kept.size()]) & 0xc0, 0x80);
  EXPECT_EQ(canvas_->Fit("anything", 0), "");
}

TEST_F(TextTest, WrapsAtBlanks) {
  const std::string text = "two atoms are too few for three components";
  std::string joined;
  for (const std::string& line : canvas_->Wrap(text, 80)) {
    EXPECT_LE(canvas_->TextWidth(line), 80);
    joined += (joined.empty() ? "" : " ") + line;
  }
  EXPECT_EQ(joined, text);
  EXPECT_THAT(canvas_->Wrap("unbreakable", 1), ElementsAre("unbreakable"));
}

}  // namespace
}  // namespace atomstream::figure
