#include "core/simulate/noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace atomstream {

void AddPoissonNoise(double dose_per_pixel, Random& random, Image& image) {
  for (int y = 0; y < image.rows; ++y) {
    float* row = image[y];
    for (int x = 0; x < image.cols; ++x) {
      row[x] = static_cast<float>(random.Poisson(row[x] * dose_per_pixel) / dose_per_pixel);
    }
  }
}

void AddGaussianNoise(double standard_deviation, Random& random, Image& image) {
  for (int y = 0; y < image.rows; ++y) {
    float* row = image[y];
    for (int x = 0; x < image.cols; ++x) {
      row[x] += static_cast<float>(standard_deviation * random.Normal());
    }
  }
}

void AddHotPixels(double fraction, double value, Random& random, Image& image) {
  const int pixels = image.rows * image.cols;
  const int count = std::min(pixels, static_cast<int>(std::lround(fraction * pixels)));
  if (count <= 0) return;
  std::vector<int> order(pixels);
  std::iota(order.begin(), order.end(), 0);
  for (int i = 0; i < count; ++i) {
    std::swap(order[i], order[i + random.Index(pixels - i)]);
    image(order[i] / image.cols, order[i] % image.cols) = static_cast<float>(value);
  }
}

}  // namespace atomstream
