#include "detectors/unet/memory_ladder.h"

#include "detectors/unet/tile_grid.h"

namespace atomstream {

absl::StatusOr<Segmentation> SegmentWithinMemory(const SegmentAttempt& first,
                                                 const SegmentRunner& run) {
  absl::StatusOr<Segmentation> result = run(first);
  if (!first.on_gpu) return result;
  SegmentAttempt attempt = first;
  attempt.max_batch = 1;
  while (absl::IsResourceExhausted(result.status()) && attempt.max_tile_px > kTileSizes.front()) {
    attempt.max_tile_px /= 2;
    result = run(attempt);
    if (result.ok()) result->flags.push_back("smaller_tiles");
  }
  if (!absl::IsResourceExhausted(result.status())) return result;
  attempt.on_gpu = false;
  attempt.max_tile_px = first.max_tile_px;
  result = run(attempt);
  if (result.ok()) result->flags.push_back("fell_back_to_cpu");
  return result;
}

}  // namespace atomstream
