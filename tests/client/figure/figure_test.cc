// Whole figures: what they hold of every kind of result, and pixels at known places. With
// ATOMSTREAM_FIGURE_FOLDER in the environment the pictures are kept there, to be looked at.
#include "client/figure/figure.h"

#include <cairo.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/client/figure/example_result.h"

namespace atomstream::figure {
namespace {

std::string Draw(const ExampleFrame& example, const FigureOptions& options,
                 const std::string& name) {
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
    const std::string png =
        Draw(example, {.kind = kind}, absl::StrCat(GetParam().name, "-", kind_name));
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
        ExampleCase{"Great", {.width_px = 2048, .height_px = 2048, .d_nn_px = 9, .clusters = 5}}),
    [](const testing::TestParamInfo<ExampleCase>& info) { return info.param.name; });

}  // namespace
}  // namespace atomstream::figure
