// Pruning: which of two overlapping blobs stays. Pure functions; any thread.
//
// A blob is a disk of radius sqrt(2) sigma; the overlap of two is the area they share over the area
// of the smaller (1 if one lies inside the other), as in scikit-image's _blob_overlap.
#ifndef ATOMSTREAM_CORE_BLOB_PRUNE_H_
#define ATOMSTREAM_CORE_BLOB_PRUNE_H_

#include <utility>
#include <vector>

#include "core/structure/point_grid.h"

namespace atomstream {

// A detected blob. Pixel centres at integers.
struct Blob {
  float x_px = 0;
  float y_px = 0;
  float sigma_px = 0;
  float response = 0;
};

double BlobOverlap(const Blob& a, const Blob& b);

// scikit-image's rule: of every pair that overlaps by more than `overlap` the blob with the smaller
// sigma goes; of equal ones the earlier in the list. scikit-image visits the pairs in the order of
// a Python set and a blob that is already gone removes nothing, so its outcome on chains depends on
// that order. Here pairs are visited by falling sigma of the larger blob, then by list order, which
// makes the outcome a function of the list alone. `blobs` sorted by falling response; so is the
// result. Time: proportional to the number of pairs closer than sqrt(2) (sigma_a + sigma_b).
std::vector<Blob> PruneLikeScikitImage(const std::vector<Blob>& blobs, double overlap);

// Greedy pruning, one blob at a time: offered by falling response, the brightest of a crowd stays.
// Not thread-safe.
class BrightestFirstPruner {
 public:
  // Blobs lie in [0, width] x [0, height]. Two that stay are at least `min_spacing_px` apart and
  // overlap by no more than `overlap` (1: any overlap will do). `max_sigma_px` bounds the blobs'.
  BrightestFirstPruner(double width, double height, double max_sigma_px, double overlap,
                       double min_spacing_px);

  // Keeps the blob unless it is too close to one that was kept. Returns whether it was kept.
  bool Offer(const Blob& blob);

  const std::vector<Blob>& kept() const { return kept_; }
  std::vector<Blob> TakeKept() { return std::move(kept_); }

 private:
  const double overlap_;
  const double reach_;
  const float spacing_squared_;
  PointGrid grid_;
  std::vector<Blob> kept_;
};

// The same for a list sorted by falling response.
std::vector<Blob> PruneBrightestFirst(const std::vector<Blob>& blobs, double overlap,
                                      double min_spacing_px);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_PRUNE_H_
