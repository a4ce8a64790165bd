// Normalisation of a frame to [0, 1] that a few outliers cannot crush. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_IMAGE_NORMALISE_H_
#define ATOMSTREAM_CORE_IMAGE_NORMALISE_H_

#include "core/image/frame.h"

namespace atomstream {

struct NormalisedImage {
  // (value - low) / (high - low), clipped to [0, 1]: what detection runs on. A dopant several times
  // brighter than the lattice, or a hot pixel, saturates instead of setting the scale.
  Image clipped;
  // The same without clipping (finite in any case): what intensities are measured on.
  Image unclipped;
  float low = 0;          // raw value at 0: the 0.5 % quantile
  float high = 0;         // raw value at 1: the 99.5 % quantile
  bool constant = false;  // high == low: both images are 0
};

NormalisedImage Normalise(const Image& image);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_IMAGE_NORMALISE_H_
