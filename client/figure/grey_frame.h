// GreyFrame: the pixels of a v1::Frame, ready to be shown. Pure functions.
#ifndef ATOMSTREAM_CLIENT_FIGURE_GREY_FRAME_H_
#define ATOMSTREAM_CLIENT_FIGURE_GREY_FRAME_H_

#include <vector>

#include "absl/status/statusor.h"
#include "atomstream/v1/frame.pb.h"
#include "client/figure/canvas.h"

namespace atomstream::figure {

struct GreyFrame {
  int width = 0;
  int height = 0;
  std::vector<float> values;  // row by row
};

// Any pixel type. InvalidArgument names the field that does not fit the others.
absl::StatusOr<GreyFrame> DecodeFrame(const v1::Frame& frame);

// Means over blocks of pixels, so that no side is longer than `max_side` (> 0); blocks at the right
// and lower edge are cut to the frame.
GreyFrame Reduce(GreyFrame frame, int max_side);

// Dark to light, between levels that single hot and dead pixels do not move.
Picture GreyPicture(const GreyFrame& frame);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_GREY_FRAME_H_
