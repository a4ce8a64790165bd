#include "client/figure/panel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "client/figure/palette.h"

namespace atomstream::figure {
namespace {

constexpr double kLineWidth = 0.6;
constexpr double kTickLength = 3;
constexpr double kBottom = 27;  // for tick labels and the x axis' label
constexpr double kTop = 4;      // for half a tick label
constexpr double kLabelGap = 4;
constexpr double kLabelHeight = 12;  // of the y axis' label, which reads upwards

constexpr TextLook kTickText{.size = kTickSize, .colour = kDim};

double WidestLabel(Canvas& canvas, const Axis& axis) {
  double widest = 0;
  for (const Tick& tick : axis.ticks) {
    widest = std::max(widest, canvas.TextWidth(tick.label, kTickText));
  }
  return widest;
}

// Text whose middle is at `middle`.
double Baseline(double middle, double size) { return middle + 0.36 * size; }

// Where a logarithmic axis ends and the place of zero begins.
void DrawZeroBreaks(Canvas& canvas, const Box& plot, const Axis& x, const Axis& y) {
  constexpr double kDash = 2;
  if (x.zero_apart) {
    const double at = plot.x + plot.width * Axis::kZeroShare;
    canvas.Line({{at, plot.y}, {at, plot.bottom()}}, kDim, kLineWidth, kDash);
  }
  if (y.zero_apart) {
    const double at = plot.bottom() - plot.height * Axis::kZeroShare;
    canvas.Line({{plot.x, at}, {plot.right(), at}}, kDim, kLineWidth, kDash);
  }
}

}  // namespace

Box DrawHeading(Canvas& canvas, const Box& box, char letter, absl::string_view title) {
  const double baseline = box.y + kHeadingSize;
  const TextLook bold{.size = kHeadingSize + 1, .bold = true};
  const TextLook plain{.size = kHeadingSize - 0.5};
  canvas.Text({box.x, baseline}, std::string(1, letter), bold);
  canvas.Text({box.x + 14, baseline}, canvas.Fit(title, box.width - 14, plain), plain);
  return {box.x, box.y + kHeadingHeight, box.width, box.height - kHeadingHeight};
}

void DrawNote(Canvas& canvas, const Box& box, absl::string_view text) {
  canvas.Fill(box, Rgb(0xf6f7f8));
  canvas.Outline(box, kFaint, kLineWidth);
  const TextLook look{.size = kTextSize, .colour = kDim, .align = Align::kCentre};
  const std::vector<std::string> lines = canvas.Wrap(text, box.width - 20, look);
  double baseline = Baseline(box.y + box.height / 2, kTextSize) -
                    (static_cast<double>(lines.size()) - 1) * kRowHeight / 2;
  for (const std::string& line : lines) {
    canvas.Text({box.x + box.width / 2, baseline}, line, look);
    baseline += kRowHeight;
  }
}

Point PlaceIn(const Box& plot, const Axis& x, const Axis& y, double x_value, double y_value) {
  return {plot.x + plot.width * x.Share(x_value), plot.bottom() - plot.height * y.Share(y_value)};
}

Box DrawAxes(Canvas& canvas, const Box& box, const Axis& x, const Axis& y,
             absl::string_view x_label, absl::string_view y_label) {
  const double left = kLabelHeight + WidestLabel(canvas, y) + kTickLength + kLabelGap;
  const double right = std::min(14.0, WidestLabel(canvas, x) / 2);
  const Box plot{box.x + left, box.y + kTop, box.width - left - right, box.height - kTop - kBottom};
  double free_from = box.x;  // labels that would run into each other are left out
  for (const Tick& tick : x.ticks) {
    const double at = plot.x + plot.width * x.Share(tick.value);
    if (!tick.label.empty()) {
      canvas.Line({{at, plot.y}, {at, plot.bottom()}}, kFaint, kLineWidth);
      TextLook look = kTickText;
      look.align = Align::kCentre;
      const double half = canvas.TextWidth(tick.label, look) / 2;
      if (at - half >= free_from) {
        canvas.Text({at, plot.bottom() + kTickLength + kTickSize + 1.5}, tick.label, look);
        free_from = at + half + 3;
      }
    }
    const double length = tick.label.empty() ? kTickLength / 2 : kTickLength;
    canvas.Line({{at, plot.bottom()}, {at, plot.bottom() + length}}, kDim, kLineWidth);
  }
  double free_below = box.bottom();
  for (const Tick& tick : y.ticks) {
    const double at = plot.bottom() - plot.height * y.Share(tick.value);
    if (!tick.label.empty()) {
      canvas.Line({{plot.x, at}, {plot.right(), at}}, kFaint, kLineWidth);
      TextLook look = kTickText;
      look.align = Align::kRight;
      if (at + kTickSize / 2 <= free_below) {
        canvas.Text({plot.x - kTickLength - 2, Baseline(at, kTickSize)}, tick.label, look);
        free_below = at - kTickSize / 2;
      }
    }
    const double length = tick.label.empty() ? kTickLength / 2 : kTickLength;
    canvas.Line({{plot.x - length, at}, {plot.x, at}}, kDim, kLineWidth);
  }
  DrawZeroBreaks(canvas, plot, x, y);
  canvas.Outline(plot, kDim, kLineWidth);
  const TextLook label{.size = kTextSize, .align = Align::kCentre};
  TextLook upwards = label;
  upwards.upwards = true;
  canvas.Text({plot.x + plot.width / 2, box.bottom() - 4}, canvas.Fit(x_label, plot.width, label),
              label);
  canvas.Text({box.x + kTextSize, plot.y + plot.height / 2},
              canvas.Fit(y_label, plot.height, upwards), upwards);
  return plot;
}

void DrawColourBar(Canvas& canvas, const Box& box, const Axis& axis, ColourMap map) {
  constexpr int kSteps = 128;
  constexpr double kWidth = 8;
  Picture gradient{1, kSteps, {}};
  for (int i = 0; i < kSteps; ++i) {
    const Colour colour = map(1 - (i + 0.5) / kSteps);
    const auto byte = [](double share) { return static_cast<uint32_t>(std::lround(255 * share)); };
    gradient.pixels.push_back(byte(colour.red) << 16 | byte(colour.green) << 8 | byte(colour.blue));
  }
  const Box bar{box.x, box.y, kWidth, box.height};
  canvas.Draw(bar, gradient, /*smooth=*/false);
  canvas.Outline(bar, kDim, kLineWidth);
  double free_below = box.bottom() + kTickSize;
  for (const Tick& tick : axis.ticks) {
    const double at = bar.bottom() - bar.height * axis.Share(tick.value);
    const double length = tick.label.empty() ? kTickLength / 2 : kTickLength;
    canvas.Line({{bar.right(), at}, {bar.right() + length, at}}, kDim, kLineWidth);
    if (tick.label.empty() || at + kTickSize / 2 > free_below) continue;
    canvas.Text({bar.right() + kTickLength + 2, Baseline(at, kTickSize)}, tick.label, kTickText);
    free_below = at - kTickSize / 2;
  }
}

void DrawFact(Canvas& canvas, const Box& row, const Fact& fact) {
  const TextLook name{.size = kTextSize, .colour = kDim};
  const TextLook value{.size = kTextSize, .align = Align::kRight};
  const double baseline = row.y + kTextSize + 1;
  canvas.Text({row.x, baseline}, fact.name, name);
  const double room = row.width - canvas.TextWidth(fact.name, name) - 8;
  canvas.Text({row.right(), baseline}, canvas.Fit(fact.value, room, value), value);
}

}  // namespace atomstream::figure
