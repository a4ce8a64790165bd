// Runs skimage_reference.py, which does in Python what `speed` times here.
#ifndef ATOMSTREAM_TESTS_BENCH_SKIMAGE_REFERENCE_H_
#define ATOMSTREAM_TESTS_BENCH_SKIMAGE_REFERENCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/blob/log_params.h"
#include "core/image/frame.h"

namespace atomstream::bench {

struct SkimageRequest {
  std::string python;  // empty: python3, else /usr/bin/python3
  Image blobs_image;
  LogParams blobs;  // for blob_log; ten levels
  int repeats = 3;
  Image window;  // for the loop
  double min_sigma_px = 1, max_sigma_px = 5;
  double min_threshold = 0.001, max_threshold = 0.2;
  double expected_atoms = 0;
  double closest_px = 0;
  int evaluations = 20;
  int hypervolume_evaluations = 60;
};

struct SkimageReply {
  std::string version;
  double blob_log_ms = 0;
  int blob_log_count = 0;
  double evaluation_mean_ms = 0;
  double evaluation_median_ms = 0;
  double hypervolume = 0;
};

// Unavailable when no Python has scikit-image; Internal when the script fails.
absl::StatusOr<SkimageReply> RunSkimage(const SkimageRequest& request);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_SKIMAGE_REFERENCE_H_
