#include "core/blob/border.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace atomstream {
namespace {

// Brightness from the border inwards, averaged along it over about the atom's width.
// `at(depth, along)` reads the image.
template <typename At>
std::vector<double> ProfileInwards(At at, int depth, int centre, int length, double sigma) {
  const int reach = std::max(1, static_cast<int>(std::lround(sigma)));
  std::vector<double> profile(depth);
  for (int d = 0; d < depth; ++d) {
    double sum = 0;
    double total = 0;
    for (int i = -reach; i <= reach; ++i) {
      const int along = centre + i;
      if (along < 0 || along >= length) continue;
      const double weight = std::exp(-0.5 * i * i / (0.36 * sigma * sigma));
      sum += weight * at(d, along);
      total += weight;
    }
    profile[d] = sum / total;
  }
  return profile;
}

// Depth of the centre of the best fit of background + amplitude * Gaussian with amplitude > 0.
double FittedCentre(const std::vector<double>& profile, double sigma) {
  const int n = static_cast<int>(profile.size());
  double best_residual = std::numeric_limits<double>::infinity();
  double best_centre = 0;
  for (double width : {0.55 * sigma, 0.67 * sigma, 0.8 * sigma, sigma, 1.25 * sigma}) {
    for (double centre = -2 * sigma; centre <= sigma; centre += 0.25) {
      double f = 0, ff = 0, p = 0, fp = 0, pp = 0;
      for (int i = 0; i < n; ++i) {
        const double g = std::exp(-0.5 * (i - centre) * (i - centre) / (width * width));
        f += g;
        ff += g * g;
        p += profile[i];
        fp += g * profile[i];
        pp += profile[i] * profile[i];
      }
      const double spread = ff - f * f / n;
      const double covariance = fp - f * p / n;
      if (!(spread > 1e-12) || covariance <= 0) continue;
      const double residual = pp - p * p / n - covariance * covariance / spread;
      if (residual < best_residual) {
        best_residual = residual;
        best_centre = centre;
      }
    }
  }
  return best_centre;
}

}  // namespace

bool CentreLiesOutside(const Image& image, const Blob& blob, double atom_sigma_px) {
  const int x = static_cast<int>(std::lround(blob.x_px));
  const int y = static_cast<int>(std::lround(blob.y_px));
  const int last_x = image.cols - 1;
  const int last_y = image.rows - 1;
  const double sigma = std::max(1.0, atom_sigma_px);
  const int depth = std::max(4, static_cast<int>(std::ceil(2 * sigma)));
  if (depth > std::min(image.cols, image.rows)) return false;
  const auto outside = [&](auto at, int along, int length) {
    return FittedCentre(ProfileInwards(at, depth, along, length, sigma), sigma) < -0.5;
  };
  return (x == 0 && outside([&](int d, int i) { return image(i, d); }, y, image.rows)) ||
         (x == last_x &&
          outside([&](int d, int i) { return image(i, last_x - d); }, y, image.rows)) ||
         (y == 0 && outside([&](int d, int i) { return image(d, i); }, x, image.cols)) ||
         (y == last_y &&
          outside([&](int d, int i) { return image(last_y - d, i); }, x, image.cols));
}

}  // namespace atomstream
