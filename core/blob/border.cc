#include "core/blob/border.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace atomstream {
namespace {

// Brightness from the border inwards, averaged along it over about the atom's width.
// `at(depth, along)` reads the image.
template <typename At>
std::vector<double> ProfileInwards(At at, int depth, int centre, int length,
                                   const std::vector<double>& weights) {
  const int reach = static_cast<int>(weights.size()) / 2;
  std::vector<double> profile(depth);
  for (int d = 0; d < depth; ++d) {
    double sum = 0;
    double total = 0;
    for (int i = -reach; i <= reach; ++i) {
      const int along = centre + i;
      if (along < 0 || along >= length) continue;
      const double weight = weights[i + reach];
      sum += weight * at(d, along);
      total += weight;
    }
    profile[d] = sum / total;
  }
  return profile;
}

}  // namespace

BorderCheck::BorderCheck(double atom_sigma_px)
    : depth_(std::max(4, static_cast<int>(std::ceil(2 * std::max(1.0, atom_sigma_px))))) {
  const double sigma = std::max(1.0, atom_sigma_px);
  const int reach = std::max(1, static_cast<int>(std::lround(sigma)));
  for (int i = -reach; i <= reach; ++i) {
    weights_.push_back(std::exp(-0.5 * i * i / (0.36 * sigma * sigma)));
  }
  for (double width : {0.55 * sigma, 0.67 * sigma, 0.8 * sigma, sigma, 1.25 * sigma}) {
    for (double centre = -2 * sigma; centre <= sigma; centre += 0.25) {
      Shape shape;
      shape.centre = centre;
      for (int i = 0; i < depth_; ++i) {
        const double g = std::exp(-0.5 * (i - centre) * (i - centre) / (width * width));
        shape.values.push_back(g);
        shape.sum += g;
        shape.squares += g * g;
      }
      shapes_.push_back(std::move(shape));
    }
  }
}

// Depth of the centre of the best fit of background + amplitude * Gaussian with amplitude > 0.
double BorderCheck::FittedCentre(const std::vector<double>& profile) const {
  const int n = static_cast<int>(profile.size());
  double p = 0, pp = 0;
  for (const double value : profile) {
    p += value;
    pp += value * value;
  }
  double best_residual = std::numeric_limits<double>::infinity();
  double best_centre = 0;
  for (const Shape& shape : shapes_) {
    double fp = 0;
    for (int i = 0; i < n; ++i) fp += shape.values[i] * profile[i];
    const double spread = shape.squares - shape.sum * shape.sum / n;
    const double covariance = fp - shape.sum * p / n;
    if (!(spread > 1e-12) || covariance <= 0) continue;
    const double residual = pp - p * p / n - covariance * covariance / spread;
    if (residual < best_residual) {
      best_residual = residual;
      best_centre = shape.centre;
    }
  }
  return best_centre;
}

bool BorderCheck::CentreLiesOutside(const Image& image, const Blob& blob) const {
  const int x = static_cast<int>(std::lround(blob.x_px));
  const int y = static_cast<int>(std::lround(blob.y_px));
  const int last_x = image.cols - 1;
  const int last_y = image.rows - 1;
  if (depth_ > std::min(image.cols, image.rows)) return false;
  const auto outside = [&](auto at, int along, int length) {
    return FittedCentre(ProfileInwards(at, depth_, along, length, weights_)) < -0.5;
  };
  return (x == 0 && outside([&](int d, int i) { return image(i, d); }, y, image.rows)) ||
         (x == last_x &&
          outside([&](int d, int i) { return image(i, last_x - d); }, y, image.rows)) ||
         (y == 0 && outside([&](int d, int i) { return image(d, i); }, x, image.cols)) ||
         (y == last_y &&
          outside([&](int d, int i) { return image(last_y - d, i); }, x, image.cols));
}

}  // namespace atomstream
