// SearchSpace: what the coordinates of the optimiser's unit cube mean, in physical units.
//
//   0  smallest scale: a level of the PeakCache, 0.22-0.38 d_NN
//   1  number of scales from there: 1-3
//   2  threshold, logarithmic: PreprocessedPeaks::min_threshold to max_threshold
//   3  smallest spacing of atoms: 0.4-0.6 d_NN
//   4  preprocessing: a variant of the PeakCache (absent if there is but one)
//
// Immutable; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_SEARCH_SPACE_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_SEARCH_SPACE_H_

#include "core/blob/log_params.h"
#include "core/optimize/problem.h"
#include "detectors/log_star/peak_cache.h"

namespace atomstream {

// One point of the space, decoded.
struct Candidate {
  int variant = 0;      // index into PeakCache::variants
  int first_level = 0;  // indices into PeakCache::sigmas_px, both included
  int last_level = 0;
  double threshold = 0;
  double min_spacing_px = 0;
};

class SearchSpace {
 public:
  static constexpr int kThreshold = 2;  // the threshold's coordinate; fewer atoms as it rises

  // Which of `variants` preprocessings a point names, and back: sets the coordinate for it, which
  // is absent if there is but one.
  static int VariantOf(const UnitPoint& point, int variants);
  static void SetVariant(int variant, int variants, UnitPoint& point);

  // `cache` must outlive this.
  SearchSpace(const PeakCache* cache, double d_nn_px);

  int dimension() const;
  Candidate Decode(const UnitPoint& point) const;
  // The coordinate kThreshold that decodes to `threshold` > 0 with this variant, or the nearest.
  double ThresholdCoordinate(int variant, double threshold) const;
  LogParams ToLogParams(const Candidate& candidate) const;

  // A middle and a small scale for each variant, in the middle of the other ranges: where a cold
  // search begins.
  std::vector<UnitPoint> StartPoints() const;

 private:
  const PeakCache* const cache_;
  const double d_nn_px_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_SEARCH_SPACE_H_
