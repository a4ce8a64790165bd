#include "core/optimize/objective_scale.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace atomstream {
namespace {

constexpr double kFarthest = 1e9;  // in spreads

}  // namespace

ObjectiveScale::ObjectiveScale(const std::vector<double>& survey,
                               const std::vector<double>& training) {
  assert(!training.empty());
  std::vector<double> sorted = survey.empty() ? training : survey;
  std::sort(sorted.begin(), sorted.end());
  best_ = *std::min_element(training.begin(), training.end());
  upper_quartile_ = sorted[sorted.size() * 3 / 4];
  worst_ = sorted.back();
  // A flat half says nothing about the spread: take the whole range then.
  spread_ = sorted[sorted.size() / 2] - best_;
  if (spread_ <= 0) spread_ = std::max(worst_ - best_, 1e-9);
  spread_ = std::min(spread_, 1e300);

  for (const double value : training) mean_ += Warp(value) / static_cast<double>(training.size());
  double variance = 0;
  for (const double value : training) {
    const double difference = Warp(value) - mean_;
    variance += difference * difference / static_cast<double>(training.size());
  }
  if (variance > 1e-18) deviation_ = std::sqrt(variance);
}

double ObjectiveScale::Warp(double value) const {
  // The limit keeps absurd values finite.
  const double x = std::clamp((value - best_) / spread_, -kFarthest, kFarthest);
  return x > 0 ? std::log1p(x) : x;
}

double ObjectiveScale::Reference(double ideal, double nadir) const {
  const double beyond = nadir + 0.1 * (nadir - ideal);
  return std::max(upper_quartile_, std::min(beyond, worst_));
}

}  // namespace atomstream
