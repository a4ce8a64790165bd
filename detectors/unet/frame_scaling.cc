#include "detectors/unet/frame_scaling.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace atomstream {
namespace {

// Half the width of the cubic kernel, in units of the coarser of the two pixel grids.
constexpr double kKernelReach = 2;

// Catmull-Rom: the cubic that interpolates and reproduces quadratics.
double CubicKernel(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

// Index in [0, size) of pixel `i` of the image mirrored at its edges (… 1 0 | 0 1 …).
int Mirrored(int i, int size) {
  const int period = 2 * size;
  i %= period;
  if (i < 0) i += period;
  return i < size ? i : period - 1 - i;
}

// Sides below this much of a pixel beyond a whole number are rounding errors of side * scale.
constexpr double kSideSlack = 1e-6;

int ScaledSide(int side, double scale) {
  return std::max(1, static_cast<int>(std::ceil(side * scale - kSideSlack)));
}

// Rescales the rows only: row after row is a weighted sum of source rows, which the compiler turns
// into vector code; columns are done by transposing.
Image RescaleRows(const Image& source, double scale) {
  Image scaled(ScaledSide(source.rows, scale), source.cols, 0.0f);
  const double stretch = std::max(1.0, 1 / scale);
  std::vector<double> weights;
  for (int row = 0; row < scaled.rows; ++row) {
    const double centre = (row + 0.5) / scale - 0.5;
    const int first = static_cast<int>(std::ceil(centre - kKernelReach * stretch));
    const int last = static_cast<int>(std::floor(centre + kKernelReach * stretch));
    weights.clear();
    double sum = 0;
    for (int i = first; i <= last; ++i) {
      weights.push_back(CubicKernel((i - centre) / stretch));
      sum += weights.back();
    }
    float* out = scaled[row];
    for (int i = first; i <= last; ++i) {
      const float weight = static_cast<float>(weights[i - first] / sum);
      if (weight == 0) continue;
      const float* in = source[Mirrored(i, source.rows)];
      for (int x = 0; x < source.cols; ++x) out[x] += weight * in[x];
    }
  }
  return scaled;
}

}  // namespace

NetworkScale ChooseNetworkScale(int width_px, int height_px, double d_nn_px,
                                double network_d_nn_px) {
  NetworkScale chosen;
  if (!(d_nn_px > 0)) return chosen;
  const double pixels = static_cast<double>(width_px) * height_px;
  const double most = std::max(1.0, std::sqrt(kMaxNetworkPixels / pixels));
  const double wanted = network_d_nn_px / d_nn_px;
  chosen.limited = wanted > most;
  chosen.scale = std::min(wanted, most);
  return chosen;
}

Image RescaleForNetwork(const Image& normalised, double scale) {
  if (scale == 1) return normalised.clone();
  const Image tall = RescaleRows(normalised, scale);
  return Image(RescaleRows(Image(tall.t()), scale).t());
}

PointPx ToFramePx(const PointPx& network, double scale) {
  return {(network.x_px + 0.5) / scale - 0.5, (network.y_px + 0.5) / scale - 0.5};
}

}  // namespace atomstream
