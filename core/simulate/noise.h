// Noise of a detector, added in place to a frame scaled to [0, 1]. Thread-safe: all state is
// passed.
#ifndef ATOMSTREAM_CORE_SIMULATE_NOISE_H_
#define ATOMSTREAM_CORE_SIMULATE_NOISE_H_

#include "core/image/frame.h"
#include "core/simulate/random.h"

namespace atomstream {

// Replaces each value v by Poisson(v * dose_per_pixel) / dose_per_pixel; values <= 0 become 0.
void AddPoissonNoise(double dose_per_pixel, Random& random, Image& image);

// Adds a normal deviate of the given standard deviation to each pixel.
void AddGaussianNoise(double standard_deviation, Random& random, Image& image);

// Sets round(fraction * pixels) pixels, drawn at random, to `value`.
void AddHotPixels(double fraction, double value, Random& random, Image& image);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_NOISE_H_
