// Accuracy on real frames: a folder of NAME/{image.npy, meta.json, coords_*.csv}, where meta.json
// has "pixel_size_nm" and each CSV has columns x_px and y_px.
#ifndef ATOMSTREAM_TESTS_BENCH_REAL_FRAMES_H_
#define ATOMSTREAM_TESTS_BENCH_REAL_FRAMES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "detectors/log_star/log_star_options.h"

namespace atomstream::bench {

// Prints a row for each frame and reference list. `material_map` holds "SUBSTRING=material" for
// frames whose name contains SUBSTRING; the others are "auto". The matching radius is half the
// median nearest-neighbour distance of the reference, the border a share of that distance.
absl::Status ReportRealFrames(const std::string& folder,
                              const std::vector<std::string>& material_map,
                              const LogStarOptions& options, double border, bool json);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_REAL_FRAMES_H_
