// Local maxima of a scale-space stack, found once and then read by every evaluation.
//
// A peak is a voxel of the (x, y, sigma) stack that no voxel of its 3 x 3 x 3 neighbourhood exceeds
// (ties stay, as in scikit-image's peak_local_max). Whether the levels above and below exceed it is
// kept apart, so that the peaks of every sub-range of levels follow from one list without looking
// at an image again.
#ifndef ATOMSTREAM_CORE_BLOB_SCALE_PEAKS_H_
#define ATOMSTREAM_CORE_BLOB_SCALE_PEAKS_H_

#include <cstdint>
#include <vector>

#include "core/image/frame.h"

namespace atomstream {

struct ScalePeak {
  float response = 0;
  int16_t x_px = 0;
  int16_t y_px = 0;
  int16_t level = 0;        // index into the stack
  bool holds_above = true;  // not exceeded in the 3 x 3 of level + 1 (true at the last level)
  bool holds_below = true;  // not exceeded in the 3 x 3 of level - 1 (true at the first level)

  // Is it a peak of the stack cut to levels [first, last]?
  bool InRange(int first, int last) const {
    return level >= first && level <= last && (level == last || holds_above) &&
           (level == first || holds_below);
  }
};

// All voxels above `threshold` (> , as scikit-image) that are maxima of their own level's 3 x 3, in
// level, row, column order. All images of `stack` have one size, sides at most 32767; outside the
// frame counts as 0. None if every voxel is one: a constant stack has no peaks.
std::vector<ScalePeak> FindScalePeaks(const std::vector<Image>& stack, float threshold);

// Falling response; those of equal response stay in order. All responses are positive.
void SortByResponse(std::vector<ScalePeak>& peaks);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_SCALE_PEAKS_H_
