#include "detectors/log_star/search_space.h"

#include <algorithm>
#include <cmath>

namespace atomstream {
namespace {

constexpr int kPreprocessing = 4;  // the coordinate
constexpr int kMaxScales = 3;
constexpr double kMinSpacing = 0.4;  // d_NN
// d_NN; well below the distance at which ER counts an error: with pixels of 0.2 d_NN the two could
// otherwise exclude every distance in between, and ER would be 0 whatever is found.
constexpr double kMaxSpacing = 0.6;

// Which of `count` equal parts of [0, 1] the coordinate lies in.
int Choice(double coordinate, int count) {
  return std::clamp(static_cast<int>(coordinate * count), 0, count - 1);
}

}  // namespace

SearchSpace::SearchSpace(const PeakCache* cache, double d_nn_px)
    : cache_(cache), d_nn_px_(d_nn_px) {}

int SearchSpace::dimension() const { return kPreprocessing + (cache_->variants.size() > 1); }

int SearchSpace::VariantOf(const UnitPoint& point, int variants) {
  // A warm start may come from a frame with more variants than this one.
  return point.size() > kPreprocessing ? Choice(point[kPreprocessing], variants) : 0;
}

void SearchSpace::SetVariant(int variant, int variants, UnitPoint& point) {
  point.resize(kPreprocessing, 0.5);
  if (variants > 1) point.push_back((variant + 0.5) / variants);
}

Candidate SearchSpace::Decode(const UnitPoint& point) const {
  Candidate candidate;
  candidate.variant = VariantOf(point, static_cast<int>(cache_->variants.size()));
  const int levels = static_cast<int>(cache_->sigmas_px.size());
  candidate.first_level = Choice(point[0], levels);
  candidate.last_level = std::min(candidate.first_level + Choice(point[1], kMaxScales), levels - 1);
  const PreprocessedPeaks& peaks = cache_->variants[candidate.variant];
  candidate.threshold =
      peaks.min_threshold * std::pow(peaks.max_threshold / peaks.min_threshold, point[2]);
  candidate.min_spacing_px = (kMinSpacing + (kMaxSpacing - kMinSpacing) * point[3]) * d_nn_px_;
  return candidate;
}

double SearchSpace::ThresholdCoordinate(int variant, double threshold) const {
  const PreprocessedPeaks& peaks = cache_->variants[variant];
  return std::clamp(std::log(threshold / peaks.min_threshold) /
                        std::log(peaks.max_threshold / peaks.min_threshold),
                    0.0, 1.0);
}

LogParams SearchSpace::ToLogParams(const Candidate& candidate) const {
  LogParams params;
  params.min_sigma_px = cache_->sigmas_px[candidate.first_level];
  params.max_sigma_px = cache_->sigmas_px[candidate.last_level];
  params.num_sigma = candidate.last_level - candidate.first_level + 1;
  params.threshold = candidate.threshold;
  params.overlap = 1;
  params.min_spacing_px = candidate.min_spacing_px;
  params.pruning = Pruning::kBrightestFirst;
  params.preprocessing = cache_->variants[candidate.variant].preprocessing;
  return params;
}

std::vector<UnitPoint> SearchSpace::StartPoints() const {
  std::vector<UnitPoint> points;
  const int variants = static_cast<int>(cache_->variants.size());
  for (int variant = 0; variant < variants; ++variant) {
    for (double scale : {0.5, 0.1}) {
      UnitPoint point = {scale, 0.0, 0.5, 0.5};
      SetVariant(variant, variants, point);
      points.push_back(point);
    }
  }
  return points;
}

}  // namespace atomstream
