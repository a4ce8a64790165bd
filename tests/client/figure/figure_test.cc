// Whole figures: what they hold of every kind of result, and pixels at known places. With
// ATOMSTREAM_FIGURE_FOLDER in the environment the pictures are kept there, to be looked at.
#include "client/figure/figure.h"

#include <cairo.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/client/figure/example_result.h"

namespace atomstream::figure {
namespace {

// Small, because PNG takes time to compress.
constexpr int kSmall = 600;

std::string Draw(const ExampleFrame& example, FigureOptions options, const std::string& name) {
  if (std::getenv("ATOMSTREAM_FIGURE_FOLDER") != nullptr) options.width_px = 1800;
  const auto bytes = DrawFigure({example.result, example.detector(), example.frame, {}}, options);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  if (const char* folder = std::getenv("ATOMSTREAM_FIGURE_FOLDER"); folder != nullptr) {
    const char* extension = options.format == FileFormat::kPng   ? ".png"
                            : options.format == FileFormat::kSvg ? ".svg"
                                                                 : ".pdf";
    std::ofstream(absl::StrCat(folder, "/", name, extension), std::ios::binary) << *bytes;
  }
  return bytes.ok() ? *bytes : "";
}

struct ExampleCase {
  const char* name;
  Example example;
};

class EveryResultTest : public testing::TestWithParam<ExampleCase> {};

TEST_P(EveryResultTest, BecomesEveryFigure) {
  const ExampleFrame example = MakeExample(GetParam().example);
  for (const auto& [kind, kind_name] :
       {std::pair(FigureKind::kClusters, "clusters"), std::pair(FigureKind::kSteering, "steering"),
        std::pair(FigureKind::kAll, "all")}) {
    const std::string png = Draw(example, {.kind = kind, .width_px = kSmall},
                                 absl::StrCat(GetParam().name, "-", kind_name));
    EXPECT_GT(png.size(), 1000u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryResultTest,
    testing::Values(
        ExampleCase{"Three", {}}, ExampleCase{"OneCluster", {.clusters = 1}},
        ExampleCase{"SixteenClusters", {.width_px = 512, .height_px = 512, .clusters = 16}},
        ExampleCase{"NoClusters", {.clusters = 0}}, ExampleCase{"NoFront", {.front = false}},
        ExampleCase{"NoLattice",
                    {.pixel_size_nm = 0, .clusters = 0, .front = false, .lattice = false}},
        ExampleCase{"OneAtom", {.clusters = 0, .most_atoms = 1}},
        ExampleCase{"NoAtoms", {.clusters = 0, .front = false, .lattice = false, .most_atoms = 0}},
        ExampleCase{"Wide", {.width_px = 1024, .height_px = 64}},
        ExampleCase{"Tall", {.width_px = 64, .height_px = 512}},
        ExampleCase{"Great", {.width_px = 4096, .height_px = 4096, .d_nn_px = 18, .clusters = 5}}),
    [](const testing::TestParamInfo<ExampleCase>& info) { return info.param.name; });

// A PNG, decoded.
class Pixels {
 public:
  explicit Pixels(const std::string& png) : rest_(png) {
    surface_ = cairo_image_surface_create_from_png_stream(Read, this);
    EXPECT_EQ(cairo_surface_status(surface_), CAIRO_STATUS_SUCCESS);
  }
  ~Pixels() { cairo_surface_destroy(surface_); }

  int width() const { return cairo_image_surface_get_width(surface_); }
  int height() const { return cairo_image_surface_get_height(surface_); }

  // 0xRRGGBB.
  uint32_t At(double x, double y) const {
    const unsigned char* row =
        cairo_image_surface_get_data(surface_) +
        static_cast<size_t>(std::lround(y)) * cairo_image_surface_get_stride(surface_);
    uint32_t pixel = 0;
    std::memcpy(&pixel, row + 4 * std::lround(x), sizeof(pixel));
    return pixel & 0xffffff;
  }

 private:
  static cairo_status_t Read(void* self, unsigned char* data, unsigned int length) {
    std::string& rest = static_cast<Pixels*>(self)->rest_;
    if (rest.size() < length) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(data, rest.data(), length);
    rest.erase(0, length);
    return CAIRO_STATUS_SUCCESS;
  }

  std::string rest_;
  cairo_surface_t* surface_ = nullptr;
};

// The frame lies at (16, 67) points of a page of 720 and is 428 wide.
constexpr double kFrameX = 16;
constexpr double kFrameY = 67;
constexpr double kFrameSide = 428;

uint32_t AtAtom(const Pixels& picture, const ExampleFrame& example, int atom) {
  const double points_a_px = kFrameSide / example.frame.width_px();
  const double scale = picture.width() / 720.0;
  const v1::AtomTable& atoms = example.detector().atoms();
  return picture.At((kFrameX + (atoms.x_px(atom) + 0.5) * points_a_px) * scale,
                    (kFrameY + (atoms.y_px(atom) + 0.5) * points_a_px) * scale);
}

TEST(DrawFigureTest, AtomsHaveTheColoursOfTheirClustersAtTheirPlaces) {
  ExampleFrame example = MakeExample({});
  example.detector().mutable_atoms()->clear_site_kind();
  const Pixels picture(Draw(example, {.kind = FigureKind::kClusters}, "colours"));
  const v1::AtomTable& atoms = example.detector().atoms();
  const std::map<int, uint32_t> colours = {{0, 0x0072b2}, {1, 0xe69f00}, {2, 0x009e73}};
  std::map<int, int> seen;
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    // The scale bar lies on the lower left corner.
    if (atoms.cluster(i) < 0 || (atoms.y_px(i) > 230 && atoms.x_px(i) < 80)) continue;
    ++seen[atoms.cluster(i)];
    EXPECT_EQ(AtAtom(picture, example, i), colours.at(atoms.cluster(i))) << i;
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(DrawFigureTest, ColouredByKindADopantDiffersFromBulk) {
  const ExampleFrame example = MakeExample({});
  const Pixels picture(
      Draw(example, {.kind = FigureKind::kClusters, .colour_by = ColourBy::kKind}, "kinds"));
  const v1::AtomTable& atoms = example.detector().atoms();
  int dopants = 0;
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    if (atoms.y_px(i) > 230 && atoms.x_px(i) < 80) continue;
    if (atoms.site_kind(i) == v1::SITE_KIND_BULK) {
      EXPECT_EQ(AtAtom(picture, example, i), 0x0072b2u) << i;
    } else if (atoms.site_kind(i) == v1::SITE_KIND_DOPANT) {
      EXPECT_EQ(AtAtom(picture, example, i), 0xe69f00u) << i;
      ++dopants;
    }
  }
  EXPECT_GT(dopants, 0);
}

TEST(DrawFigureTest, APreviewShowsAtomsAtTheSamePlaces) {
  ExampleFrame example = MakeExample({.clusters = 1});
  example.detector().mutable_atoms()->clear_site_kind();
  v1::Frame& frame = example.frame;
  frame.set_width_px(64);
  frame.set_height_px(64);
  frame.set_pixels(std::string(64 * 64, '\x50'));
  frame.set_pixel_size_nm(4 * 0.01);
  const Pixels picture(Draw(example, {.kind = FigureKind::kClusters}, "preview"));
  ExampleFrame whole = example;
  whole.frame.set_width_px(256);
  const v1::AtomTable& atoms = example.detector().atoms();
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    if (atoms.cluster(i) != 0 || (atoms.y_px(i) > 230 && atoms.x_px(i) < 80)) continue;
    EXPECT_EQ(AtAtom(picture, whole, i), 0x0072b2u) << i;
  }
}

TEST(DrawFigureTest, ThePageEndsWhite) {
  for (const int width : {600, 777, 1001}) {
    const ExampleFrame example = MakeExample({});
    const auto png = DrawFigure({example.result, example.detector(), example.frame, {}},
                                {.kind = FigureKind::kSteering, .width_px = width});
    ASSERT_TRUE(png.ok()) << png.status();
    const Pixels picture(*png);
    EXPECT_EQ(picture.width(), width);
    for (int x = 0; x < width; ++x) ASSERT_EQ(picture.At(x, picture.height() - 1), 0xffffffu);
  }
}

TEST(DrawFigureTest, IsTheSameEveryTime) {
  const ExampleFrame example = MakeExample({});
  EXPECT_EQ(Draw(example, {.width_px = kSmall}, "again"),
            Draw(example, {.width_px = kSmall}, "again"));
}

TEST(DrawFigureTest, WritesSvgAndPdf) {
  const ExampleFrame example = MakeExample({});
  EXPECT_EQ(Draw(example, {.format = FileFormat::kSvg}, "vector").substr(0, 5), "<?xml");
  EXPECT_EQ(Draw(example, {.format = FileFormat::kPdf}, "vector").substr(0, 5), "%PDF-");
}

TEST(DrawFigureTest, AUnetResultHasNoFrontToShow) {
  ExampleFrame example = MakeExample({.front = false});
  example.detector().set_detector("unet");
  example.detector().set_model_id("lattice@0123456789ab");
  EXPECT_GT(Draw(example, {.width_px = kSmall}, "unet").size(), 1000u);
}

TEST(DrawFigureTest, AConstantFrameIsDrawn) {
  ExampleFrame example = MakeExample({.clusters = 0, .front = false, .most_atoms = 0});
  example.detector().add_flags("constant_frame");
  example.frame.set_pixels(std::string(example.frame.pixels().size(), '\7'));
  EXPECT_GT(Draw(example, {.width_px = kSmall}, "constant").size(), 1000u);
}

TEST(DrawFigureTest, TablesThatLackColumnsAreDrawn) {
  ExampleFrame example = MakeExample({});
  v1::AtomTable& atoms = *example.detector().mutable_atoms();
  atoms.mutable_cluster()->Truncate(10);
  atoms.mutable_components()->Truncate(7);
  atoms.mutable_site_kind()->Truncate(3);
  atoms.clear_intensity();
  example.detector().mutable_clusters()->mutable_clusters(1)->mutable_centroid()->Truncate(4);
  example.detector().mutable_front()->set_chosen_index(99);
  EXPECT_GT(Draw(example, {.width_px = kSmall}, "columns").size(), 1000u);
}

absl::Status StatusOf(const ExampleFrame& example, const FigureOptions& options = {}) {
  return DrawFigure({example.result, example.detector(), example.frame, {}}, options).status();
}

TEST(DrawFigureTest, NamesWhatItCannotDraw) {
  using ::testing::HasSubstr;
  ExampleFrame failed = MakeExample({});
  failed.detector().set_error("out of memory");
  EXPECT_TRUE(absl::IsFailedPrecondition(StatusOf(failed)));
  EXPECT_THAT(StatusOf(failed).message(),
              HasSubstr("log_star failed on this frame: out of memory"));

  ExampleFrame short_of_pixels = MakeExample({});
  short_of_pixels.frame.mutable_pixels()->resize(100);
  EXPECT_TRUE(absl::IsInvalidArgument(StatusOf(short_of_pixels)));
  EXPECT_THAT(StatusOf(short_of_pixels).message(), HasSubstr("pixels = 100"));

  ExampleFrame odd_type = MakeExample({});
  odd_type.frame.set_pixel_type(v1::PIXEL_TYPE_UNSPECIFIED);
  EXPECT_THAT(StatusOf(odd_type).message(), HasSubstr("pixel_type = 0"));

  EXPECT_THAT(StatusOf(MakeExample({}), {.width_px = 0}).message(), HasSubstr("width_px = 0"));
  EXPECT_THAT(StatusOf(MakeExample({}), {.width_px = 9000}).message(),
              HasSubstr("width_px = 9000"));
}

TEST(FormatOfTest, KnowsFilesByTheirNames) {
  EXPECT_EQ(*FormatOf("a/b.png"), FileFormat::kPng);
  EXPECT_EQ(*FormatOf("B.SVG"), FileFormat::kSvg);
  EXPECT_EQ(*FormatOf("x.pdf"), FileFormat::kPdf);
  EXPECT_TRUE(absl::IsInvalidArgument(FormatOf("x.jpg").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(FormatOf("png").status()));
}

}  // namespace
}  // namespace atomstream::figure
