// PeakCache: the LoG peaks of a whole frame at every scale of the search, for each preprocessing.
//
// Filtering is done once a frame; an evaluation then only reads a sorted list of peaks, which is
// why LoG* can afford hundreds of evaluations a window (docs/algorithm.md, "Cached peaks").
// Immutable after Build; any number of threads may read it.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_PEAK_CACHE_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_PEAK_CACHE_H_

#include <vector>

#include "core/base/executor.h"
#include "core/blob/scale_peaks.h"
#include "core/image/preprocess.h"
#include "detectors/log_star/frame_survey.h"

namespace atomstream {

// The peaks of one preprocessed image.
struct PreprocessedPeaks {
  Preprocessing preprocessing = Preprocessing::kNone;
  std::vector<Image> stack;      // LoG response at PeakCache::sigmas_px
  std::vector<ScalePeak> peaks;  // above min_threshold, by falling response
  // Thresholds worth trying: about 2.5 and 0.5 times the expected number of atoms lie above.
  double min_threshold = 0;
  double max_threshold = 0;
};

struct PeakCache {
  std::vector<double> sigmas_px;  // equally spaced
  std::vector<PreprocessedPeaks> variants;

  // The lattice filter's variant is left out if the survey has none.
  static PeakCache Build(const FrameSurvey& survey, const std::vector<Preprocessing>& preprocessing,
                         Executor& executor);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_PEAK_CACHE_H_
