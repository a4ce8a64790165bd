// Matching: compares predicted atoms with true ones: each prediction counts for one atom at most.
// Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_EVALUATE_MATCHING_H_
#define ATOMSTREAM_CORE_EVALUATE_MATCHING_H_

#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"

namespace atomstream {

struct MatchOptions {
  double radius_px = 0;  // > 0; a pair at exactly this distance matches

  // Atoms whose centre lies less than border_px inside the edge of a width_px x height_px frame are
  // left out after matching: a pair by its true atom, an unmatched one by itself. So an atom beside
  // the margin may match across it and is counted once, or not at all. 0: nothing is left out, and
  // the size is not used.
  double border_px = 0;
  int width_px = 0;
  int height_px = 0;
};

// Whether a position lies outside the border, and so counts by itself.
bool IsCounted(const PointPx& position, const MatchOptions& options);

// A predicted and a true atom that belong together.
struct MatchedPair {
  int predicted = 0;  // indices into the lists that were matched
  int truth = 0;
  double distance_px = 0;
};

struct Matching {
  int true_positives = 0;   // pairs
  int false_positives = 0;  // predictions without an atom
  int false_negatives = 0;  // atoms without a prediction
  double precision = 0;     // each of the three is 1 when there was nothing to find and nothing
  double recall = 0;        // was found, and 0 where its denominator alone is 0
  double f1 = 0;
  double rmse_px = 0;  // over the pairs; 0 without pairs

  // What was counted, border left out; pairs by rising distance, the others by rising index.
  std::vector<MatchedPair> pairs;
  std::vector<int> unmatched_predicted;
  std::vector<int> unmatched_truth;
};

// Pairs within the radius are taken by rising distance, ties by the lower true, then the lower
// predicted index; each atom and each prediction is used once. With a radius of at most half the
// distance between true atoms this is also the largest possible matching, because then no
// prediction has a second atom within reach. InvalidArgument names the option, or the list and
// index of a position that is not finite.
absl::StatusOr<Matching> MatchOneToOne(const std::vector<PointPx>& predicted,
                                       const std::vector<PointPx>& truth,
                                       const MatchOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_EVALUATE_MATCHING_H_
