#include "core/blob/scale_space.h"

#include <cmath>
#include <cstring>

namespace atomstream {
namespace {

// The hot loops are compiled twice, and the loader picks by processor: the packages stay portable.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ATOMSTREAM_VECTORISED __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define ATOMSTREAM_VECTORISED
#endif

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
// rows[r + i] points to the row at distance i.
ATOMSTREAM_VECTORISED
void ConvolveColumns(const float* const* rows, int radius, const float* g, const float* s, int width,
                     float* __restrict smooth, float* __restrict second) {
  constexpr int kBlock = 64;  // accumulators that stay in registers or the first cache
  for (int start = 0; start < width; start += kBlock) {
    const int count = std::min(kBlock, width - start);
    float a[kBlock];
    float b[kBlock];
    const float* centre = rows[radius] + start;
    for (int x = 0; x < count; ++x) {
      a[x] = g[0] * centre[x];
      b[x] = s[0] * centre[x];
    }
    for (int i = 1; i <= radius; ++i) {
      const float* above = rows[radius - i] + start;
      const float* below = rows[radius + i] + start;
      const float gi = g[i];
      const float si = s[i];
      for (int x = 0; x < count; ++x) {
        const float pair = above[x] + below[x];
        a[x] += gi * pair;
        b[x] += si * pair;
      }
    }
    std::memcpy(smooth + start, a, count * sizeof(float));
    std::memcpy(second + start, b, count * sizeof(float));
  }
}

// out = scale * (smooth row * second derivative + second row * Gaussian). Both inputs are padded by
// `radius` on each side; smooth[radius] is column 0.
ATOMSTREAM_VECTORISED
void ConvolveRows(const float* smooth, const float* second, int radius, const float* g,
                  const float* s, float scale, int width, float* __restrict out) {
  constexpr int kBlock = 64;
  for (int start = 0; start < width; start += kBlock) {
    const int count = std::min(kBlock, width - start);
    float a[kBlock];
    const float* p = smooth + radius + start;
    const float* q = second + radius + start;
    for (int x = 0; x < count; ++x) a[x] = s[0] * p[x] + g[0] * q[x];
    for (int i = 1; i <= radius; ++i) {
      const float gi = g[i];
      const float si = s[i];
      for (int x = 0; x < count; ++x) {
        a[x] += si * (p[x - i] + p[x + i]) + gi * (q[x - i] + q[x + i]);
      }
    }
    for (int x = 0; x < count; ++x) out[start + x] = scale * a[x];
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
