#include "client/figure/axis.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace atomstream::figure {
namespace {

constexpr double kLogarithmicFrom = 30;  // greatest / least
constexpr double kRoom = 0.05;           // at each end, of the range
constexpr int kMaxPower = 300;

struct Extent {
  double least = 0;
  double greatest = 1;
  double least_positive = 0;  // 0: none
  bool has_zero = false;
};

Extent ExtentOf(const std::vector<double>& values) {
  Extent extent;
  bool first = true;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    extent.least = first ? value : std::min(extent.least, value);
    extent.greatest = first ? value : std::max(extent.greatest, value);
    first = false;
    if (value == 0) extent.has_zero = true;
    if (value > 0 && (extent.least_positive == 0 || value < extent.least_positive)) {
      extent.least_positive = value;
    }
  }
  return extent;
}

bool WantsLogarithm(const Extent& extent) {
  return extent.least >= 0 && extent.least_positive > 0 &&
         extent.greatest > kLogarithmicFrom * extent.least_positive;
}

// 1, 2 or 5 times a power of ten, so that `range` has about `intervals` steps.
double StepOf(double range, int intervals) {
  const double rough = range / intervals;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= 0.7 * rough) return factor * power;
  }
  return 10 * power;
}

void AddLinearTicks(int intervals, Axis& axis) {
  const double step = StepOf(axis.high - axis.low, intervals);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 9);
  const double slack = 1e-9 * step;
  for (double k = std::ceil(axis.low / step - 1e-9); k * step <= axis.high + slack; ++k) {
    const double value = k == 0 ? 0 : k * step;
    const double size = std::max(std::fabs(axis.low), std::fabs(axis.high));
    axis.ticks.push_back({value, size >= 1e5 || size < 1e-4
                                     ? NumberText(value)
                                     : absl::StrFormat("%.*f", decimals, value)});
  }
}

std::string PowerText(int power, bool as_power) {
  constexpr std::array<const char*, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                   "⁵", "⁶", "⁷", "⁸", "⁹"};
  if (!as_power || power == 0) return NumberText(std::pow(10, power), 6);
  std::string text = power < 0 ? "10⁻" : "10";
  for (const char digit : absl::StrCat(std::abs(power)))
    absl::StrAppend(&text, kDigits[digit - '0']);
  return text;
}

void AddLogarithmicTicks(int intervals, Axis& axis) {
  const int first = std::max(-kMaxPower, static_cast<int>(std::floor(std::log10(axis.low))));
  const int last = std::min(kMaxPower, static_cast<int>(std::ceil(std::log10(axis.high))));
  // Not more than `intervals` labels over many decades.
  const int every = std::max(1, (last - first) / std::max(1, intervals));
  // All in one style.
  const bool as_powers =
      std::ceil(std::log10(axis.low) - 1e-9) < -3 || std::floor(std::log10(axis.high) + 1e-9) > 4;
  if (axis.zero_apart) axis.ticks.push_back({0, "0"});
  for (int power = first; power <= last; ++power) {
    for (int factor = 1; factor < 10; ++factor) {
      const double value = factor * std::pow(10, power);
      if (value < axis.low * (1 - 1e-9) || value > axis.high * (1 + 1e-9)) continue;
      // Few decades have room for labels between their powers.
      const bool labelled = factor == 1 ? (power - first) % every == 0
                                        : last - first <= 2 && (factor == 2 || factor == 5);
      if (!labelled && every > 1) continue;
      axis.ticks.push_back({value, !labelled     ? std::string()
                                   : factor == 1 ? PowerText(power, as_powers)
                                                 : NumberText(value)});
    }
  }
}

// So that there is a range.
void Widen(double& low, double& high) {
  if (high > low) return;
  const double by = low == 0 ? 1 : std::fabs(low);
  low -= by;
  high += by;
}

Axis Logarithmic(double low, double high, bool zero_apart, int intervals) {
  Axis axis{.low = low, .high = high, .logarithmic = true, .zero_apart = zero_apart, .ticks = {}};
  AddLogarithmicTicks(intervals, axis);
  return axis;
}

}  // namespace

double Axis::Share(double value) const {
  if (!logarithmic) return (value - low) / (high - low);
  const double before = zero_apart ? kZeroShare : 0;
  if (value <= 0) return before / 2;
  return before + (1 - before) * std::log(value / low) / std::log(high / low);
}

Axis LinearAxis(const std::vector<double>& values, int intervals) {
  const Extent extent = ExtentOf(values);
  Axis axis{.low = extent.least, .high = extent.greatest, .ticks = {}};
  Widen(axis.low, axis.high);
  const double room = kRoom * (axis.high - axis.low);
  axis.high += room;
  axis.low = extent.least >= 0 && axis.low - room < 0 ? 0 : axis.low - room;
  AddLinearTicks(intervals, axis);
  return axis;
}

Axis FittingAxis(const std::vector<double>& values, int intervals) {
  const Extent extent = ExtentOf(values);
  if (!WantsLogarithm(extent)) return LinearAxis(values, intervals);
  const double room = std::pow(extent.greatest / extent.least_positive, kRoom);
  return Logarithmic(extent.least_positive / room, extent.greatest * room, extent.has_zero,
                     intervals);
}

Axis ColourAxis(const std::vector<double>& values, int intervals) {
  const Extent extent = ExtentOf(values);
  if (WantsLogarithm(extent) && !extent.has_zero) {
    return Logarithmic(extent.least_positive, extent.greatest, false, intervals);
  }
  Axis axis{.low = extent.least, .high = extent.greatest, .ticks = {}};
  Widen(axis.low, axis.high);
  AddLinearTicks(intervals, axis);
  return axis;
}

double RoundLength(double limit) {
  const double power = std::pow(10, std::floor(std::log10(limit) + 1e-9));
  for (const double factor : {5.0, 2.0}) {
    if (factor * power <= limit * (1 + 1e-9)) return factor * power;
  }
  return power;
}

std::string NumberText(double value, int digits) {
  if (value == 0) return "0";
  return absl::StrFormat("%.*g", digits, value);
}

std::string CountText(int64_t count) {
  const std::string digits = absl::StrCat(count);
  const size_t first = count < 0 ? 1 : 0;
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace atomstream::figure
