// ParameterMap: LoG parameters that vary smoothly over the frame, interpolated between the centres
// of the windows that were optimised. Immutable; any thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_PARAMETER_MAP_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_PARAMETER_MAP_H_

#include <vector>

#include "core/blob/prune.h"
#include "core/image/window_grid.h"
#include "detectors/log_star/search_space.h"

namespace atomstream {

class ParameterMap {
 public:
  // What one window chose.
  struct Node {
    Window window;
    Candidate candidate;
  };

  // Interpolates scales, spacing and the logarithm of the threshold with Gaussian weights of half a
  // window's width. All candidates are of one variant; at least one node.
  ParameterMap(const std::vector<Node>& nodes, int frame_width_px, int frame_height_px);

  const Candidate& At(int x_px, int y_px) const {
    return cells_[static_cast<size_t>(y_px / kCellPx) * columns_ + x_px / kCellPx];
  }

  // All atoms of the frame, by falling response.
  std::vector<Blob> Detect(const PeakCache& cache, int frame_width_px, int frame_height_px) const;

 private:
  static constexpr int kCellPx = 16;  // the map is constant over cells far smaller than a window

  int columns_ = 0;
  std::vector<Candidate> cells_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_PARAMETER_MAP_H_
