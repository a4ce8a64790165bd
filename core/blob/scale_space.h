// Scale-normalised Laplacian of Gaussian, -sigma^2 (d^2/dx^2 + d^2/dy^2) (G_sigma * image).
//
// Same definition as scipy's gaussian_laplace as scikit-image 0.19 uses it: Gaussian truncated at
// int(4 sigma + 0.5) pixels, reflected border (d c b a | a b c d | d c b a), derivative taken of
// the kernel. Bright round blobs of radius sqrt(2) sigma give the largest response (Lindeberg,
// "Feature detection with automatic scale selection", IJCV 30, 1998). Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_SCALE_SPACE_H_
#define ATOMSTREAM_CORE_BLOB_SCALE_SPACE_H_

#include <vector>

#include "core/image/frame.h"

namespace atomstream {

// `count` levels from `min_sigma` to `max_sigma`, both included; equally spaced, or in equal ratios
// if `log_scale`. min_sigma > 0, max_sigma >= min_sigma, count >= 1 (then: min_sigma alone).
std::vector<double> SigmaLevels(double min_sigma, double max_sigma, int count, bool log_scale);

// The response at one scale, the size of `image`. sigma_px > 0. Float32 throughout: against double
// precision the error is below 1e-6 of the image's range.
Image LogResponse(const Image& image, double sigma_px);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_SCALE_SPACE_H_
