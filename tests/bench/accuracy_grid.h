// AccuracyGrid: the frames that one run of the accuracy benchmark looks at. Plain data.
#ifndef ATOMSTREAM_TESTS_BENCH_ACCURACY_GRID_H_
#define ATOMSTREAM_TESTS_BENCH_ACCURACY_GRID_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/accuracy_case.h"
#include "tests/bench/flags.h"

namespace atomstream::bench {

struct AccuracyGrid {
  std::vector<std::string> materials;
  std::vector<double> pixel_sizes, holes, noises;
  int seeds = 1;
  int size_px = 256;
  double metadata_error = 0;
  double border = 0.5;  // atoms nearer to the edge than this many d_NN are not scored
  SpecimenKind specimen = SpecimenKind::kSingle;

  // Every combination, material by material, noise fastest; the seed is the first.
  std::vector<AccuracyCaseOptions> Points() const;
};

// --materials, --pixel-sizes, --holes (or --hole), --noise, --seeds, --size, --metadata-error,
// --border, --specimen. What Flags::Finish cannot see is an InvalidArgument here.
absl::StatusOr<AccuracyGrid> ReadAccuracyGrid(Flags& flags);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_ACCURACY_GRID_H_
