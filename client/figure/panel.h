// What the panels of a figure have in common: headings, notes, axes, colour bars, sizes of text.
// Draws on a canvas and keeps nothing.
#ifndef ATOMSTREAM_CLIENT_FIGURE_PANEL_H_
#define ATOMSTREAM_CLIENT_FIGURE_PANEL_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/figure/axis.h"
#include "client/figure/canvas.h"

namespace atomstream::figure {

inline constexpr double kTextSize = 7.5;
inline constexpr double kTickSize = 6.8;
inline constexpr double kHeadingSize = 9;
inline constexpr double kHeadingHeight = 17;
inline constexpr double kRowHeight = 11.5;  // of text in a table

using ColourMap = Colour (*)(double share);

// "a  Title" in the upper kHeadingHeight of `box`; returns the rest.
Box DrawHeading(Canvas& canvas, const Box& box, char letter, absl::string_view title);

// Says in the middle of `box` why there is nothing else.
void DrawNote(Canvas& canvas, const Box& box, absl::string_view text);

// Axes with ticks, grid and labels inside `box`; returns the plotting area.
Box DrawAxes(Canvas& canvas, const Box& box, const Axis& x, const Axis& y,
             absl::string_view x_label, absl::string_view y_label);

// Where a point of these axes lies in the plotting area.
Point PlaceIn(const Box& plot, const Axis& x, const Axis& y, double x_value, double y_value);

// A bar as high as `box`, dark below, with its ticks to the right. Needs kColourBarWidth.
inline constexpr double kColourBarWidth = 42;
void DrawColourBar(Canvas& canvas, const Box& box, const Axis& axis, ColourMap map);

// A line of a table of names and values.
struct Fact {
  std::string name;
  std::string value;
};
void DrawFact(Canvas& canvas, const Box& row, const Fact& fact);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_PANEL_H_
