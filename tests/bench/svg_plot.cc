#include "tests/bench/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace atomstream::bench {
namespace {

// Of one panel's plotting area and of what is around it, pixels.
constexpr double kPanelWidth = 230, kPanelHeight = 170;
constexpr double kLeft = 46, kRight = 14, kTop = 24, kBottom = 50;
constexpr double kHeader = 84;  // title, caption, legend
constexpr double kRowTitle = 22;
constexpr double kMargin = 12;
constexpr int kIntervals = 5;
constexpr double kMarkerRadius = 3;

// Colours that stay apart for every common kind of colour blindness (Okabe and Ito's palette);
// marker and dash tell the series apart in print, too.
struct Look {
  const char* colour;
  const char* dash;
};
constexpr Look kLooks[] = {{"#0072B2", ""},        {"#D55E00", "7 3"}, {"#009E73", "2 3"},
                           {"#CC79A7", "9 3 2 3"}, {"#E69F00", "4 2"}, {"#56B4E9", "1 2"}};

size_t LookIndex(size_t series) { return series % std::size(kLooks); }

std::string Text(double x, double y, const char* anchor, int size, absl::string_view text,
                 absl::string_view more = "") {
  return absl::StrFormat(
      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\"%s>%s"
      "</text>\n",
      x, y, anchor, size, more, XmlEscaped(text));
}

std::string Line(double x1, double y1, double x2, double y2, const char* colour) {
  return absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
                         x1, y1, x2, y2, colour);
}

std::string Marker(double x, double y, size_t look) {
  const char* colour = kLooks[look].colour;
  const double r = kMarkerRadius;
  switch (look % 3) {
    case 0:
      return absl::StrFormat("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", x, y, r,
                             colour);
    case 1:
      return absl::StrFormat(
          "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x - r,
          y - r, 2 * r, 2 * r, colour);
    default:
      return absl::StrFormat("<path d=\"M%.1f %.1f l%.1f %.1f h%.1f z\" fill=\"%s\"/>\n", x,
                             y - 1.3 * r, 1.2 * r, 2.3 * r, -2.4 * r, colour);
  }
}

bool IsFinite(const PlotPoint& p) {
  return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.deviation);
}

// Places data in one panel's area.
struct Area {
  double left = 0, top = 0;
  PlotAxis x, y;

  double X(double value) const { return left + kPanelWidth * x.Share(value); }
  // A band may reach beyond the axis: what is drawn stays inside.
  double Y(double value) const {
    return top + kPanelHeight * (1 - std::clamp(y.Share(value), 0.0, 1.0));
  }
};

Area MakeArea(const PlotPanel& panel, double left, double top) {
  double x_low = 0, x_high = 0, y_low = panel.y_low, y_high = panel.y_high;
  bool first = true;
  for (const PlotSeries& series : panel.series) {
    for (const PlotPoint& p : series.points) {
      if (!IsFinite(p)) continue;
      x_low = first ? p.x : std::min(x_low, p.x);
      x_high = first ? p.x : std::max(x_high, p.x);
      y_low = std::min(y_low, p.y);
      y_high = std::max(y_high, p.y);
      first = false;
    }
  }
  return {left, top, MakeAxis(x_low, x_high, kIntervals), MakeAxis(y_low, y_high, kIntervals)};
}

std::string Axes(const PlotPanel& panel, const Area& area) {
  const double bottom = area.top + kPanelHeight;
  const double right = area.left + kPanelWidth;
  std::string out;
  for (const double tick : area.y.ticks) {
    const double y = area.Y(tick);
    out += Line(area.left, y, right, y, "#e4e4e4");
    out += Text(area.left - 6, y + 4, "end", 11, absl::StrFormat("%.*f", area.y.decimals, tick));
  }
  for (const double tick : area.x.ticks) {
    const double x = area.X(tick);
    out += Line(x, bottom, x, bottom + 4, "#444444");
    out += Text(x, bottom + 17, "middle", 11, absl::StrFormat("%.*f", area.x.decimals, tick));
  }
  out += Line(area.left, bottom, right, bottom, "#444444");
  out += Line(area.left, area.top, area.left, bottom, "#444444");
  out += Text(area.left + kPanelWidth / 2, area.top - 8, "middle", 12, panel.title,
              " font-weight=\"bold\"");
  out += Text(area.left + kPanelWidth / 2, bottom + 34, "middle", 11, panel.x_label);
  return out;
}

std::string Band(const std::vector<PlotPoint>& points, const Area& area, const char* colour) {
  const bool has_band =
      std::any_of(points.begin(), points.end(), [](const PlotPoint& p) { return p.deviation > 0; });
  if (!has_band) return "";
  std::string path;
  for (const PlotPoint& p : points) {
    absl::StrAppendFormat(&path, "%s%.1f %.1f ", path.empty() ? "M" : "L", area.X(p.x),
                          area.Y(p.y + p.deviation));
  }
  for (auto p = points.rbegin(); p != points.rend(); ++p) {
    absl::StrAppendFormat(&path, "L%.1f %.1f ", area.X(p->x), area.Y(p->y - p->deviation));
  }
  return absl::StrFormat("<path d=\"%sz\" fill=\"%s\" fill-opacity=\"0.18\"/>\n", path, colour);
}

std::string Curve(const PlotSeries& series, const Area& area, size_t look) {
  std::vector<PlotPoint> points;
  std::copy_if(series.points.begin(), series.points.end(), std::back_inserter(points), IsFinite);
  std::string out = Band(points, area, kLooks[look].colour);
  std::string path, markers;
  for (const PlotPoint& p : points) {
    absl::StrAppendFormat(&path, "%s%.1f %.1f ", path.empty() ? "M" : "L", area.X(p.x),
                          area.Y(p.y));
    markers += Marker(area.X(p.x), area.Y(p.y), look);
  }
  if (!path.empty()) {
    absl::StrAppendFormat(&out,
                          "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" "
                          "stroke-dasharray=\"%s\"/>\n",
                          path, kLooks[look].colour, kLooks[look].dash);
  }
  return out + markers;
}

std::vector<std::string> SeriesNames(const PlotFigure& figure) {
  std::vector<std::string> names;
  for (const PlotPanel& panel : figure.panels) {
    for (const PlotSeries& series : panel.series) {
      if (std::find(names.begin(), names.end(), series.name) == names.end()) {
        names.push_back(series.name);
      }
    }
  }
  return names;
}

std::string Legend(const std::vector<std::string>& names, double y) {
  std::string out;
  double x = kMargin;
  for (size_t i = 0; i < names.size(); ++i) {
    const size_t look = LookIndex(i);
    absl::StrAppendFormat(&out,
                          "<path d=\"M%.1f %.1f h30\" stroke=\"%s\" stroke-width=\"1.8\" "
                          "stroke-dasharray=\"%s\"/>\n",
                          x, y - 4, kLooks[look].colour, kLooks[look].dash);
    out += Marker(x + 15, y - 4, look);
    out += Text(x + 38, y, "start", 12, names[i]);
    x += 62 + 7.5 * static_cast<double>(names[i].size());
  }
  return out;
}

}  // namespace

std::string XmlEscaped(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

PlotAxis MakeAxis(double least, double greatest, int intervals) {
  if (!(greatest > least)) {
    const double widening = std::max(std::abs(least) * 0.1, 1e-3);
    least -= widening;
    greatest += widening;
  }
  const double rough = (greatest - least) / intervals;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1, 2, 5}) {
    // 1.5: a step may be a little smaller than asked for rather than much larger.
    if (factor * power * 1.5 >= rough) {
      step = factor * power;
      break;
    }
  }
  // The ends are ticks. 1e-9: a limit that is a multiple of the step but for rounding is one.
  const auto first = static_cast<long>(std::floor(least / step + 1e-9));
  const auto last = static_cast<long>(std::ceil(greatest / step - 1e-9));
  PlotAxis axis;
  axis.low = first * step;
  axis.high = last * step;
  for (long i = first; i <= last; ++i) axis.ticks.push_back(i * step);
  axis.decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  return axis;
}

std::string SvgPlot(const PlotFigure& figure) {
  const int columns = std::max(1, figure.columns);
  const int rows = (static_cast<int>(figure.panels.size()) + columns - 1) / columns;
  const double cell_width = kLeft + kPanelWidth + kRight;
  const double cell_height = kRowTitle + kTop + kPanelHeight + kBottom;
  const double width = 2 * kMargin + columns * cell_width;
  const double height = kHeader + rows * cell_height + kMargin;
  const std::vector<std::string> names = SeriesNames(figure);

  std::string out = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
      "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" fill=\"#222222\" role=\"img\">\n",
      width, height, width, height);
  absl::StrAppend(&out, "<title>", XmlEscaped(figure.title), "</title>\n",
                  "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
  out += Text(kMargin, 26, "start", 17, figure.title, " font-weight=\"bold\"");
  out += Text(kMargin, 46, "start", 12, figure.caption);
  out += Legend(names, 72);
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const PlotPanel& panel = figure.panels[i];
    const double left = kMargin + static_cast<double>(i % columns) * cell_width;
    const double top = kHeader + static_cast<double>(i / columns) * cell_height;
    if (!panel.row_title.empty()) {
      out += Text(left, top + 14, "start", 14, panel.row_title, " font-weight=\"bold\"");
    }
    const Area area = MakeArea(panel, left + kLeft, top + kRowTitle + kTop);
    out += Axes(panel, area);
    for (const PlotSeries& series : panel.series) {
      const auto found = std::find(names.begin(), names.end(), series.name);
      out += Curve(series, area, LookIndex(static_cast<size_t>(found - names.begin())));
    }
  }
  return out + "</svg>\n";
}

}  // namespace atomstream::bench
