#include "core/blob/disk_mean.h"

#include <algorithm>
#include <cmath>

namespace atomstream {

float DiskMean(const Image& image, const Blob& blob) {
  const int reach = std::max(1, static_cast<int>(std::lround(blob.sigma_px)));
  const int x0 = static_cast<int>(std::lround(blob.x_px));
  const int y0 = static_cast<int>(std::lround(blob.y_px));
  double sum = 0;
  int count = 0;
  for (int y = std::max(0, y0 - reach); y <= std::min(image.rows - 1, y0 + reach); ++y) {
    for (int x = std::max(0, x0 - reach); x <= std::min(image.cols - 1, x0 + reach); ++x) {
      if ((x - x0) * (x - x0) + (y - y0) * (y - y0) > reach * reach) continue;
      sum += image(y, x);
      ++count;
    }
  }
  return count > 0 ? static_cast<float>(sum / count) : 0.0f;
}

}  // namespace atomstream
