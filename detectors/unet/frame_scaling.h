// Frame scaling: between the frame's pixels and those of the network, in which the nearest
// neighbours are as far apart as the network was trained on. Serving and training rescale with the
// same function, so that the network sees in a frame what it learned on. Pure functions; any
// thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_FRAME_SCALING_H_
#define ATOMSTREAM_DETECTORS_UNET_FRAME_SCALING_H_

#include "core/image/frame.h"

namespace atomstream {

// No frame is enlarged beyond this many network pixels (a frame that has more is not enlarged at
// all): the bound on the time and memory that one frame with a tiny d_NN can cost.
constexpr int kMaxNetworkPixels = 1 << 24;

struct NetworkScale {
  double scale = 1;      // network pixels per frame pixel
  bool limited = false;  // smaller than wanted: kMaxNetworkPixels
};

// The scale at which `d_nn_px` becomes `network_d_nn_px`; 1 if d_nn_px is 0 (unknown).
NetworkScale ChooseNetworkScale(int width_px, int height_px, double d_nn_px,
                                double network_d_nn_px);

// `normalised` at `scale` > 0 network pixels per pixel: bicubic (Catmull-Rom), its kernel widened
// when shrinking so that nothing aliases; the border is mirrored. Positions map exactly, whatever
// the rounding of the size: x_network = (x + 0.5) * scale - 0.5. The sides are rounded up, at least
// 1, so that the whole frame is covered. Bicubic overshoots a little: values may leave [0, 1].
Image RescaleForNetwork(const Image& normalised, double scale);

// The place in the frame of a place in the network's image.
PointPx ToFramePx(const PointPx& network, double scale);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_FRAME_SCALING_H_
