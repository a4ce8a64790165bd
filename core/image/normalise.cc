#include "core/image/normalise.h"

#include <algorithm>
#include <vector>

namespace atomstream {
namespace {

constexpr double kLowQuantile = 0.005;
constexpr double kHighQuantile = 0.995;
// Enough samples that the quantiles are known to a fraction of the noise.
constexpr int kMaxSamples = 1 << 16;
// Outliers farther out are no measurement; the bound keeps them finite in float32.
constexpr double kMaxUnclipped = 1e30;

}  // namespace

NormalisedImage Normalise(const Image& image) {
  // An odd stride, so that the samples do not fall on the same columns of every row.
  const int total = image.rows * image.cols;
  const int stride = total <= kMaxSamples ? 1 : (total / kMaxSamples) | 1;
  std::vector<float> samples;
  samples.reserve(total / stride + 1);
  const Image continuous = image.isContinuous() ? image : Image(image.clone());
  const float* data = continuous[0];
  for (int i = 0; i < total; i += stride) samples.push_back(data[i]);

  NormalisedImage result;
  const auto quantile = [&](double q) {
    const auto nth = samples.begin() + static_cast<int>(q * (samples.size() - 1));
    std::nth_element(samples.begin(), nth, samples.end());
    return *nth;
  };
  result.low = quantile(kLowQuantile);
  result.high = quantile(kHighQuantile);
  if (!(result.high > result.low)) {
    // A frame of one value with a few others: fall back on the extremes.
    const auto [low, high] = std::minmax_element(data, data + total);
    result.low = *low;
    result.high = *high;
  }
  const double range = static_cast<double>(result.high) - result.low;
  result.constant = !(range > 0);
  result.unclipped.create(image.rows, image.cols);
  result.clipped.create(image.rows, image.cols);
  // In double precision: neither a range of denormal numbers nor one beyond float's may overflow.
  const double low = result.low;
  const double scale = result.constant ? 0.0 : 1.0 / range;
  for (int y = 0; y < image.rows; ++y) {
    const float* in = image[y];
    float* unclipped = result.unclipped[y];
    float* clipped = result.clipped[y];
    for (int x = 0; x < image.cols; ++x) {
      const double value = (in[x] - low) * scale;
      unclipped[x] = static_cast<float>(std::clamp(value, -kMaxUnclipped, kMaxUnclipped));
      clipped[x] = static_cast<float>(std::clamp(value, 0.0, 1.0));
    }
  }
  return result;
}

}  // namespace atomstream
