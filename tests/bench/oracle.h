// The oracle: the best that one LoG scale and one threshold can do when the truth is known. A
// ceiling to hold label-free detection against; pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_ORACLE_H_
#define ATOMSTREAM_TESTS_BENCH_ORACLE_H_

#include <vector>

#include "core/evaluate/matching.h"
#include "core/image/frame.h"

namespace atomstream::bench {

struct OracleResult {
  double f1 = 0;
  double sigma_over_d_nn = 0;
  double threshold = 0;  // on the image as given
  int found = 0;
};

// Tries 12 scales from 0.14 to 0.47 d_NN. All 3 x 3 maxima of a scale, unpruned, are sorted by
// response; the threshold is the best cut. A prediction hits the nearest atom within the matching
// radius and an atom counts once: with a radius of d_NN / 2 the same as one-to-one matching.
OracleResult FindOracle(const Image& image, const std::vector<PointPx>& truth, double d_nn_px,
                        const MatchOptions& match);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_ORACLE_H_
