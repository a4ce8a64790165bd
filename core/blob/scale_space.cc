#include "core/blob/scale_space.h"

#include <cmath>

#include "core/base/lanes.h"

namespace atomstream {
namespace {

// The right half of a Gaussian and of its second derivative; both are symmetric.
struct HalfKernels {
  std::vector<float> gaussian;
  std::vector<float> second;
  int radius() const { return static_cast<int>(gaussian.size()) - 1; }
};

HalfKernels MakeKernels(double sigma) {
  const int radius = static_cast<int>(4.0 * sigma + 0.5);
  std::vector<double> weight(radius + 1);
  double sum = 0;
  for (int i = 0; i <= radius; ++i) {
    weight[i] = std::exp(-0.5 * i * i / (sigma * sigma));
    sum += i == 0 ? weight[i] : 2 * weight[i];
  }
  HalfKernels kernels;
  for (int i = 0; i <= radius; ++i) {
    const double g = weight[i] / sum;
    kernels.gaussian.push_back(static_cast<float>(g));
    kernels.second.push_back(
        static_cast<float>(g * (i * i / (sigma * sigma) - 1) / (sigma * sigma)));
  }
  return kernels;
}

// Index of the pixel that stands at `i` when [0, size) is reflected at its edges.
int Reflect(int i, int size) {
  const int period = 2 * size;
  i %= period;
  if (i < 0) i += period;
  return i < size ? i : period - 1 - i;
}

// smooth[x] = sum_i g_i (above_i[x] + below_i[x]), and the same with the second derivative.
// rows[radius + i] points to the row at distance i.
ATOMSTREAM_VECTORISED
void ConvolveColumns(const float* const* rows, int radius, const float* g, const float* s,
                     int width, float* __restrict smooth, float* __restrict second) {
  int x = 0;
  for (; x + kLanes <= width; x += kLanes) {
    Lanes centre, above, below;
    Load(rows[radius] + x, centre);
    Lanes a = g[0] * centre;
    Lanes b = s[0] * centre;
    for (int i = 1; i <= radius; ++i) {
      Load(rows[radius - i] + x, above);
      Load(rows[radius + i] + x, below);
      const Lanes pair = above + below;
      a += g[i] * pair;
      b += s[i] * pair;
    }
    Store(a, smooth + x);
    Store(b, second + x);
  }
  for (; x < width; ++x) {
    float a = g[0] * rows[radius][x];
    float b = s[0] * rows[radius][x];
    for (int i = 1; i <= radius; ++i) {
      const float pair = rows[radius - i][x] + rows[radius + i][x];
      a += g[i] * pair;
      b += s[i] * pair;
    }
    smooth[x] = a;
    second[x] = b;
  }
}

// out = scale * (smooth row * second derivative + second row * Gaussian). Both inputs are padded by
// `radius` on each side; smooth[radius] is column 0.
ATOMSTREAM_VECTORISED
void ConvolveRows(const float* smooth, const float* second, int radius, const float* g,
                  const float* s, float scale, int width, float* __restrict out) {
  const float* p = smooth + radius;
  const float* q = second + radius;
  int x = 0;
  for (; x + kLanes <= width; x += kLanes) {
    Lanes left, right, left2, right2;
    Load(p + x, left);
    Load(q + x, left2);
    Lanes a = s[0] * left + g[0] * left2;
    for (int i = 1; i <= radius; ++i) {
      Load(p + x - i, left);
      Load(p + x + i, right);
      Load(q + x - i, left2);
      Load(q + x + i, right2);
      a += s[i] * (left + right);
      a += g[i] * (left2 + right2);
    }
    Store(scale * a, out + x);
  }
  for (; x < width; ++x) {
    float a = s[0] * p[x] + g[0] * q[x];
    for (int i = 1; i <= radius; ++i) {
      a += s[i] * (p[x - i] + p[x + i]) + g[i] * (q[x - i] + q[x + i]);
    }
    out[x] = scale * a;
  }
}

void PadReflected(std::vector<float>& row, int radius, int width) {
  for (int i = 1; i <= radius; ++i) {
    row[radius - i] = row[radius + Reflect(-i, width)];
    row[radius + width - 1 + i] = row[radius + Reflect(width - 1 + i, width)];
  }
}

}  // namespace

std::vector<double> SigmaLevels(double min_sigma, double max_sigma, int count, bool log_scale) {
  std::vector<double> levels;
  levels.reserve(count);
  for (int i = 0; i < count; ++i) {
    const double t = count == 1 ? 0.0 : static_cast<double>(i) / (count - 1);
    levels.push_back(log_scale ? min_sigma * std::pow(max_sigma / min_sigma, t)
                               : min_sigma + t * (max_sigma - min_sigma));
  }
  return levels;
}

Image LogResponse(const Image& image, double sigma_px) {
  const HalfKernels kernels = MakeKernels(sigma_px);
  const int radius = kernels.radius();
  const int width = image.cols;
  const int height = image.rows;

  Image response(height, width);
  std::vector<const float*> rows(2 * radius + 1);
  std::vector<float> smooth(width + 2 * radius);
  std::vector<float> second(width + 2 * radius);
  const float scale = static_cast<float>(-sigma_px * sigma_px);
  for (int y = 0; y < height; ++y) {
    for (int i = -radius; i <= radius; ++i) rows[radius + i] = image[Reflect(y + i, height)];
    ConvolveColumns(rows.data(), radius, kernels.gaussian.data(), kernels.second.data(), width,
                    smooth.data() + radius, second.data() + radius);
    PadReflected(smooth, radius, width);
    PadReflected(second, radius, width);
    ConvolveRows(smooth.data(), second.data(), radius, kernels.gaussian.data(),
                 kernels.second.data(), scale, width, response[y]);
  }
  return response;
}

}  // namespace atomstream
