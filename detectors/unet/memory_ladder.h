// Memory ladder: what is tried when a GPU has no memory for an image: smaller tiles, then the CPU,
// all within the same image. Free of torch, so that it is tested without a GPU. A pure function;
// any thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_MEMORY_LADDER_H_
#define ATOMSTREAM_DETECTORS_UNET_MEMORY_LADDER_H_

#include <functional>

#include "absl/status/statusor.h"
#include "detectors/unet/segmenter.h"

namespace atomstream {

// How an image is to be segmented.
struct SegmentAttempt {
  bool on_gpu = false;
  int max_tile_px = 0;  // of kTileSizes
  int max_batch = 1;    // tiles at once
};

// ResourceExhausted: memory ran out. Any other status, good or bad, ends the ladder.
using SegmentRunner = std::function<absl::StatusOr<Segmentation>(const SegmentAttempt&)>;

// Runs `first`. While a GPU runs out of memory: one tile at a time of half the size, down to the
// smallest of kTileSizes; then on the CPU, one tile at a time of the first size. The result's flags
// gain "smaller_tiles" or "fell_back_to_cpu".
absl::StatusOr<Segmentation> SegmentWithinMemory(const SegmentAttempt& first,
                                                 const SegmentRunner& run);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_MEMORY_LADDER_H_
