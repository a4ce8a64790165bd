// WarmStart: what one frame's search leaves for the next. Immutable once made; any thread. Opaque
// to callers: they hand it from one result to the next frame, also when settings changed in
// between.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_WARM_START_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_WARM_START_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/image/preprocess.h"
#include "core/optimize/pareto_front.h"
#include "core/optimize/problem.h"

namespace atomstream {

// What the points and windows of a WarmStart mean: under other settings they mean something else.
struct SearchSetting {
  std::string material;
  std::vector<Preprocessing> preprocessing;  // the variants that a point's coordinate chooses among
  double er_distance_d_nn = 0;               // part of the rewards
  // The window grid.
  int frame_width_px = 0, frame_height_px = 0;
  int window_size_px = 0;
  double window_stride = 0;

  bool operator==(const SearchSetting&) const = default;
};

struct WarmStart {
  std::vector<UnitPoint> points;  // of the frame's front
  // By index in the window grid: the newest front of each window that was ever searched. Shared by
  // the frames that remember it.
  std::map<int, std::shared_ptr<const ParetoFront>> window_fronts;
  SearchSetting setting;
};

// What of `old` (may be null) still holds under `setting`:
// - another material: nothing;
// - other preprocessing: points and windows of the preprocessings that both have;
// - another window grid or ER distance: no windows. (Points are tried again, so they may stay.)
WarmStart AdaptWarmStart(const WarmStart* old, const SearchSetting& setting);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_WARM_START_H_
