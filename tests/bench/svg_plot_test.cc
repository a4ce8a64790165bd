#include "tests/bench/svg_plot.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream::bench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

PlotFigure OnePanel(std::vector<PlotSeries> series) {
  PlotFigure figure;
  figure.title = "title";
  PlotPanel panel;
  panel.series = std::move(series);
  figure.panels.push_back(panel);
  return figure;
}

TEST(MakeAxisTest, TicksAreRoundAndHoldTheRange) {
  const PlotAxis axis = MakeAxis(0, 0.9, 5);
  EXPECT_THAT(axis.ticks, Pointwise(DoubleNear(1e-12), {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  EXPECT_EQ(axis.decimals, 1);
  EXPECT_DOUBLE_EQ(axis.Share(axis.low), 0);
  EXPECT_DOUBLE_EQ(axis.Share(axis.high), 1);
}

TEST(MakeAxisTest, LimitsOfManySizesAreInside) {
  for (const double scale : {1e-6, 0.03, 1.0, 7.0, 12345.0}) {
    for (const double least : {-1.3, 0.0, 0.41}) {
      const PlotAxis axis = MakeAxis(least * scale, 1.7 * scale, 5);
      EXPECT_LE(axis.low, least * scale + 1e-9 * scale);
      EXPECT_GE(axis.high, 1.7 * scale - 1e-9 * scale);
      EXPECT_GE(axis.ticks.size(), 3u) << scale << " " << least;
      EXPECT_LE(axis.ticks.size(), 12u) << scale << " " << least;
    }
  }
}

TEST(MakeAxisTest, RangeWithoutExtentIsWidened) {
  const PlotAxis axis = MakeAxis(0.3, 0.3, 5);
  EXPECT_LT(axis.low, 0.3);
  EXPECT_GT(axis.high, 0.3);
}

TEST(XmlEscapedTest, LeavesNothingThatXmlReads) {
  EXPECT_EQ(XmlEscaped("a<b & \"c\">d"), "a&lt;b &amp; &quot;c&quot;&gt;d");
  EXPECT_EQ(XmlEscaped(std::string("\x01x\x1f", 3)), "?x?");
}

TEST(SvgPlotTest, TextsAreEscaped) {
  PlotFigure figure = OnePanel({{"<s>", {{0, 0, 0}, {1, 1, 0}}}});
  figure.title = "A & B";
  const std::string svg = SvgPlot(figure);
  EXPECT_THAT(svg, HasSubstr(">A &amp; B<"));
  EXPECT_THAT(svg, HasSubstr(">&lt;s&gt;<"));
  EXPECT_THAT(svg, Not(HasSubstr("<s>")));
}

TEST(SvgPlotTest, LowerValuesAreDrawnFartherDown) {
  // The y axis is 0 to 1; SVG's grows downwards.
  const std::string svg = SvgPlot(OnePanel({{"s", {{0, 0.2, 0}, {1, 0.8, 0}}}}));
  std::vector<double> heights;
  for (size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1)) {
    const size_t value = svg.find("cy=\"", at) + 4;
    heights.push_back(std::stod(svg.substr(value)));
  }
  ASSERT_EQ(heights.size(), 3u);  // the legend's is the first
  EXPECT_GT(heights[1], heights[2]);
}

TEST(SvgPlotTest, BandIsDrawnOnlyWhereThereIsSpread) {
  EXPECT_EQ(Count(SvgPlot(OnePanel({{"s", {{0, 0.5, 0}, {1, 0.5, 0}}}})), "fill-opacity"), 0);
  EXPECT_EQ(Count(SvgPlot(OnePanel({{"s", {{0, 0.5, 0.1}, {1, 0.5, 0}}}})), "fill-opacity"), 1);
}

TEST(SvgPlotTest, PointsThatAreNotFiniteAreLeftOut) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = SvgPlot(OnePanel({{"s", {{0, 0.5, 0}, {0.5, nan, 0}, {1, 0.5, 0}}}}));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_EQ(Count(svg, "<circle"), 3);  // two points and the legend's
}

TEST(SvgPlotTest, SeriesKeepsItsLookInEveryPanel) {
  PlotFigure figure = OnePanel({{"a", {{0, 0.5, 0}}}, {"b", {{0, 0.5, 0}}}});
  PlotPanel second;
  second.series = {{"b", {{0, 0.5, 0}}}};
  figure.panels.push_back(second);
  const std::string svg = SvgPlot(figure);
  // The second series has squares: one in the legend, one in each panel. Background and axes are
  // no marker: their rectangle has another size.
  EXPECT_EQ(Count(svg, "<circle"), 2);
  EXPECT_EQ(Count(svg, "width=\"6.0\""), 3);
}

TEST(SvgPlotTest, EmptyFigureIsStillAnImage) {
  const std::string svg = SvgPlot(PlotFigure{});
  EXPECT_THAT(svg, HasSubstr("<svg "));
  EXPECT_THAT(svg, HasSubstr("</svg>"));
}

}  // namespace
}  // namespace atomstream::bench
