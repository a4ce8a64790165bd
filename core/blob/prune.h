// Pruning: which of two overlapping blobs stays. Pure functions; any thread.
//
// A blob is a disk of radius sqrt(2) sigma; the overlap of two is the area they share over the area
// of the smaller (1 if one lies inside the other), as in scikit-image's _blob_overlap.
#ifndef ATOMSTREAM_CORE_BLOB_PRUNE_H_
#define ATOMSTREAM_CORE_BLOB_PRUNE_H_

#include <vector>

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

// Greedy from the first blob on: a blob stays unless an earlier one that stayed is closer than
// `min_spacing_px`, or overlaps it by more than `overlap` (1: never). `blobs` sorted by falling
// response, so the brightest of a crowd stays.
std::vector<Blob> PruneBrightestFirst(const std::vector<Blob>& blobs, double overlap,
                                      double min_spacing_px);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_PRUNE_H_
