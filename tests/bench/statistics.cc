#include "tests/bench/statistics.h"

#include <algorithm>
#include <cmath>

namespace atomstream::bench {
namespace {

double SortedQuantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

}  // namespace

Statistic StatisticOf(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  Statistic result;
  for (const double value : values) result.mean += value / count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (count - 1));
  return result;
}

double QuantileOf(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return SortedQuantile(values, share);
}

Quartiles QuartilesOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {SortedQuantile(values, 0.25), SortedQuantile(values, 0.5), SortedQuantile(values, 0.75)};
}

}  // namespace atomstream::bench
