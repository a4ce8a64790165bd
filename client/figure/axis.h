// Axes: ranges with ticks at round numbers, linear or logarithmic; and numbers as text. Pure
// functions.
#ifndef ATOMSTREAM_CLIENT_FIGURE_AXIS_H_
#define ATOMSTREAM_CLIENT_FIGURE_AXIS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace atomstream::figure {

struct Tick {
  double value = 0;
  std::string label;  // empty: a small tick between the labelled ones
};

// A finite range that is not empty. A logarithmic one begins above zero; with `zero_apart` it has a
// place for zero of its own, kZeroShare of its length, before `low`.
struct Axis {
  static constexpr double kZeroShare = 0.1;

  double low = 0;
  double high = 1;
  bool logarithmic = false;
  bool zero_apart = false;
  std::vector<Tick> ticks;  // by rising value

  // 0 at the axis' beginning, 1 at its end; values outside are not cut.
  double Share(double value) const;
};

// Holds all finite `values` (none: [0, 1]) with a little room at both ends, but does not go below
// zero if they do not. About `intervals` ticks.
Axis LinearAxis(const std::vector<double>& values, int intervals);

// The same, logarithmic if the values are not negative and those above zero span more than a factor
// of 30; zeros then have their place apart.
Axis FittingAxis(const std::vector<double>& values, int intervals);

// From least to greatest of the finite `values` without room, for colour bars; logarithmic as
// above, but never with zeros. Ticks only inside.
Axis ColourAxis(const std::vector<double>& values, int intervals);

// The largest of 1, 2, 5, 10, … 10^k that is at most `limit` (> 0).
double RoundLength(double limit);

// Up to `digits` digits that count: "0.0042", "12.3", "1.2e-07".
std::string NumberText(double value, int digits = 3);
// "12,345".
std::string CountText(int64_t count);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_AXIS_H_
