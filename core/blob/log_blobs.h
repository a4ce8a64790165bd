// LoG blob detection on one image, with the semantics of scikit-image 0.19's blob_log.
//
// The whole-image entry point: scale space, peaks, pruning. LoG*'s evaluations use the same pieces
// on cached peaks. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_LOG_BLOBS_H_
#define ATOMSTREAM_CORE_BLOB_LOG_BLOBS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/blob/log_params.h"
#include "core/blob/prune.h"
#include "core/image/frame.h"

namespace atomstream {

struct LogBlobOptions {
  bool log_scale = false;     // levels in equal ratios instead of equal steps
  int exclude_border_px = 0;  // drop peaks closer than this to the frame's edge
  // More peaks than this before pruning: RESOURCE_EXHAUSTED instead of an unbounded pruning.
  int max_peaks = 200000;
};

// InvalidArgument names the parameter and its value. max_sigma_px <= 1024, num_sigma <= 256.
absl::Status ValidateLogParams(const LogParams& params);

// Blobs of `image` by falling response (ties: by level, row, column). LogParams::preprocessing is
// the caller's business. Errors: InvalidArgument (parameters; an image without pixels or with a
// side above Frame::kMaxSide), ResourceExhausted (max_peaks; more than 2^30 pixels in all levels).
absl::StatusOr<std::vector<Blob>> DetectLogBlobs(const Image& image, const LogParams& params,
                                                 const LogBlobOptions& options = {});

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_LOG_BLOBS_H_
