// Results and frames made by hand for tests of figures: a honeycomb lattice of blobs with its
// atoms, clusters, front and windows.
#ifndef ATOMSTREAM_TESTS_CLIENT_FIGURE_EXAMPLE_RESULT_H_
#define ATOMSTREAM_TESTS_CLIENT_FIGURE_EXAMPLE_RESULT_H_

#include "atomstream/v1/frame.pb.h"
#include "atomstream/v1/result.pb.h"

namespace atomstream::figure {

struct Example {
  int width_px = 256;
  int height_px = 256;
  double d_nn_px = 14;
  double pixel_size_nm = 0.01;  // 0: unknown
  int clusters = 3;             // 0: none, with a reason
  bool front = true;            // and windows
  bool lattice = true;
  int most_atoms = 1 << 20;
};

struct ExampleFrame {
  v1::Frame frame;
  v1::FrameResult result;  // of "log_star"

  const v1::DetectorResult& detector() const { return result.detectors(0); }
  v1::DetectorResult& detector() { return *result.mutable_detectors(0); }
};

ExampleFrame MakeExample(const Example& example);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_TESTS_CLIENT_FIGURE_EXAMPLE_RESULT_H_
