// A small writer of line plots as SVG: panels in a grid, one legend, a line with markers and a band
// of one standard deviation for each series. No external fonts, scripts or styles. Pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_SVG_PLOT_H_
#define ATOMSTREAM_TESTS_BENCH_SVG_PLOT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace atomstream::bench {

struct PlotPoint {
  double x = 0;
  double y = 0;
  double deviation = 0;  // half the band's height; 0: no band
};

struct PlotSeries {
  std::string name;               // the same name has the same look in every panel
  std::vector<PlotPoint> points;  // by rising x; points that are not finite are left out
};

struct PlotPanel {
  std::string title;
  std::string row_title;  // above the panel's row; "": none
  std::string x_label;
  // Least range of the y axis; it grows to hold every point; bands are cut at the axis.
  double y_low = 0;
  double y_high = 1;
  std::vector<PlotSeries> series;
};

struct PlotFigure {
  std::string title;
  std::string caption;  // below the title
  int columns = 1;
  std::vector<PlotPanel> panels;  // row by row
};

std::string SvgPlot(const PlotFigure& figure);

// An axis from `low` to `high` with ticks at round numbers.
struct PlotAxis {
  double low = 0;
  double high = 1;
  std::vector<double> ticks;
  int decimals = 0;  // that the ticks' labels need

  // From 0 at `low` to 1 at `high`.
  double Share(double value) const { return (value - low) / (high - low); }
};

// Holds [least, greatest]; steps of 1, 2 or 5 times a power of ten, about `intervals` of them. A
// range without extent is widened.
PlotAxis MakeAxis(double least, double greatest, int intervals);

// For text and attribute values; characters that XML cannot hold become '?'.
std::string XmlEscaped(absl::string_view text);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_SVG_PLOT_H_
