// LogParams: the parameters of one LoG blob detection. Plain data.
#ifndef ATOMSTREAM_CORE_BLOB_LOG_PARAMS_H_
#define ATOMSTREAM_CORE_BLOB_LOG_PARAMS_H_

#include "core/image/preprocess.h"

namespace atomstream {

// Which blob of an overlapping pair goes.
enum class Pruning {
  kNone,
  kScikitImage,     // the one with the smaller sigma (scikit-image's rule, with a fixed pair order)
  kBrightestFirst,  // the one with the smaller response, greedily from the brightest
};

// Parameters of scikit-image's blob_log, plus what happens before (preprocessing) and after
// (pruning) it. Levels are num_sigma values from min_sigma_px to max_sigma_px, both included.
struct LogParams {
  double min_sigma_px = 1;    // > 0
  double max_sigma_px = 50;   // >= min_sigma_px
  int num_sigma = 10;         // >= 1
  double threshold = 0.2;     // >= 0, on a frame normalised to [0, 1]
  double overlap = 0.5;       // in [0, 1]: share of the smaller disk's area (radius sqrt(2) sigma)
  double min_spacing_px = 0;  // kBrightestFirst: no two atoms closer than this; 0: overlap decides
  Pruning pruning = Pruning::kScikitImage;
  Preprocessing preprocessing = Preprocessing::kNone;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_LOG_PARAMS_H_
