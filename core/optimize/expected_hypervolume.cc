#include "core/optimize/expected_hypervolume.h"

#include <algorithm>
#include <cmath>

namespace atomstream {
namespace {

// E[max(0, limit - z)] for z ~ N(mean, deviation^2).
double ExpectedShortfall(double limit, double mean, double deviation) {
  const double gap = limit - mean;
  // Beyond 8 deviations the Gaussian's tail is below double's resolution of the result.
  if (std::abs(gap) >= 8 * deviation) return std::max(gap, 0.0);
  const double u = gap / deviation;
  const double density = std::exp(-0.5 * u * u) * 0.3989422804014327;  // 1 / sqrt(2 pi)
  const double cumulative = 0.5 * std::erfc(-u * M_SQRT1_2);
  return gap * cumulative + deviation * density;
}

}  // namespace

ExpectedHypervolume::ExpectedHypervolume(const std::vector<ObjectiveVector>& front,
                                         const ObjectiveVector& reference) {
  steps_.reserve(front.size() + 1);
  double height = reference[1];
  for (const ObjectiveVector& y : front) {
    if (y[0] >= reference[0]) break;
    if (y[1] >= height) continue;
    steps_.push_back({y[0], height});
    height = y[1];
  }
  steps_.push_back({reference[0], height});
}

// The improvement by z is the integral over x >= z1 of (height(x) - z2)+. On one step it is a
// product of a function of z1, the width right of z1, and one of z2; the objectives are
// independent, so the expectation of the product is the product of the expectations.
double ExpectedHypervolume::Improvement(const ObjectiveVector& mean,
                                        const ObjectiveVector& deviation) const {
  double improvement = 0;
  double width_before = 0;  // expected width right of z1 and left of the step's begin
  for (const Step& step : steps_) {
    const double width = ExpectedShortfall(step.end, mean[0], deviation[0]);
    if (width > width_before) {
      const double height = ExpectedShortfall(step.height, mean[1], deviation[1]);
      if (height <= 0) break;  // later steps are lower still
      improvement += (width - width_before) * height;
    }
    width_before = width;
  }
  return improvement;
}

}  // namespace atomstream
