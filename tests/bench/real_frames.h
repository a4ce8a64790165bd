// Real frames with reference positions: a folder of NAME/{image.npy, meta.json, coords_*.csv},
// where meta.json has "pixel_size_nm" and each CSV has columns x_px and y_px. Plain data.
#ifndef ATOMSTREAM_TESTS_BENCH_REAL_FRAMES_H_
#define ATOMSTREAM_TESTS_BENCH_REAL_FRAMES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"

namespace atomstream::bench {

struct RealReference {
  std::string name;  // of the file, without ".csv"
  std::vector<PointPx> points;
  double d_nn_px = 0;  // median distance to the nearest other point
};

struct RealFrame {
  std::string name;
  std::string material;  // also in the frame's metadata
  std::shared_ptr<const Frame> frame;
  std::vector<RealReference> references;  // by name; may be empty
};

// By name. `material_map` holds "SUBSTRING=material" for frames whose name contains SUBSTRING; the
// others are "auto". The first frame that cannot be read is an error.
absl::StatusOr<std::vector<RealFrame>> LoadRealFrames(const std::string& folder,
                                                      const std::vector<std::string>& material_map);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_REAL_FRAMES_H_
