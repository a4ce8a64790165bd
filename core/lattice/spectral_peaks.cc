#include "core/lattice/spectral_peaks.h"

#include <algorithm>
#include <cmath>

#include "core/image/fourier.h"
#include "core/lattice/vector_math.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

constexpr int kMaxSide = 1024;
// Rings below this radius hold the frame's shading, not its lattice: fewer than 4 periods.
constexpr double kMinRadiusBins = 4;
// Small frames are zero-padded to this side: between bins a peak would lose up to half its power.
constexpr int kMinTransformSide = 512;
// A frame without noise has rings of next to no power, where anything would stand out: the noise is
// taken to be no less than this share of the strongest peak's power.
constexpr double kMinNoiseShare = 1e-4;

std::vector<float> HannWindow(int size) {
  std::vector<float> window(size);
  for (int i = 0; i < size; ++i) {
    window[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * M_PI * (i + 0.5) / size));
  }
  return window;
}

// The windowed frame with its mean removed, zero-padded to a square of side `size`.
// `window_energy` is the sum of the squared window: white noise of variance v has power v times it.
Image Windowed(const Image& image, int size, double* window_energy) {
  const int width = std::min(image.cols, kMaxSide);
  const int height = std::min(image.rows, kMaxSide);
  const Image part =
      image(cv::Rect((image.cols - width) / 2, (image.rows - height) / 2, width, height));
  const std::vector<float> across = HannWindow(width);
  const std::vector<float> down = HannWindow(height);
  double sum = 0;
  double weight = 0;
  for (int y = 0; y < height; ++y) {
    const float* row = part[y];
    double row_sum = 0;
    double row_weight = 0;
    for (int x = 0; x < width; ++x) {
      row_sum += across[x] * row[x];
      row_weight += across[x];
    }
    sum += down[y] * row_sum;
    weight += down[y] * row_weight;
  }
  const float mean = static_cast<float>(sum / weight);
  const auto energy = [](const std::vector<float>& window) {
    double total = 0;
    for (float w : window) total += w * w;
    return total;
  };
  *window_energy = energy(across) * energy(down);
  Image windowed(size, size, 0.0f);
  for (int y = 0; y < height; ++y) {
    const float* row = part[y];
    float* out = windowed[y];
    for (int x = 0; x < width; ++x) out[x] = down[y] * across[x] * (row[x] - mean);
  }
  return windowed;
}

// std::hypot's care for overflow costs more here than the rest of the loop.
double Radius(double x, double y) { return std::sqrt(x * x + y * y); }

// Half of a power spectrum: rows are signed frequencies y in [-size/2, size/2), columns x in
// [0, size/2]. The other half mirrors it.
class PowerSpectrum {
 public:
  explicit PowerSpectrum(const Image& windowed) : size_(windowed.rows) {
    const HalfSpectrum spectrum = TransformForward(windowed);
    power_.create(size_, half() + 1);
    for (int y = 0; y < size_; ++y) {
      const float* re = spectrum.real[y];
      const float* im = spectrum.imaginary[y];
      float* out = power_[y];
      for (int x = 0; x <= half(); ++x) out[x] = re[x] * re[x] + im[x] * im[x];
    }
    rings_.create(half() + 1, half() + 1);
    for (int y = 0; y <= half(); ++y) {
      int16_t* out = rings_[y];
      for (int x = 0; x <= half(); ++x) {
        out[x] = static_cast<int16_t>(std::sqrt(static_cast<float>(x * x + y * y)) + 0.5f);
      }
    }
  }

  int size() const { return size_; }
  int half() const { return size_ / 2; }

  // Power at the signed bins (0, y) to (half, y), y in [-half, half].
  const float* Row(int y) const { return power_[y < 0 ? y + size_ : y]; }
  float at(int x, int y) const { return Row(y)[x]; }
  // Any signed bins, through the mirror symmetry.
  float Mirrored(int x, int y) const { return x >= 0 ? at(x, y) : at(-x, -y); }

  // Power over the noise of its ring; 0 beyond the last ring.
  Image DividedByRings(const std::vector<float>& noise) const {
    Image quotient(power_.rows, power_.cols, 0.0f);
    for (int y = 0; y < size_; ++y) {
      const int16_t* rings = Rings(y <= half() ? y : y - size_);
      const float* power = power_[y];
      float* out = quotient[y];
      for (int x = 0; x <= half(); ++x) {
        const size_t ring = rings[x];
        if (ring < noise.size() && noise[ring] > 0) out[x] = power[x] / noise[ring];
      }
    }
    return quotient;
  }

  // The rings, the rounded radii, of the bins of row `y`. Squares of radii are integers, so that
  // float is exact enough for sides below 1400.
  const int16_t* Rings(int y) const { return rings_[std::abs(y)]; }

 private:
  int size_;
  Image power_;
  cv::Mat_<int16_t> rings_;  // at |y|, x
};

// Expected noise power of each ring: its median over ln 2, the median of an exponential law.
std::vector<float> RingNoise(const PowerSpectrum& spectrum) {
  const int half = spectrum.half();
  const int rings = half + 1;
  // Where each ring's values begin among those of all rings.
  std::vector<int> begin_of(rings + 1, 0);
  const auto for_each_row = [&](auto&& fn) {
    for (int y = -half + 1; y < half; ++y) {
      const int16_t* ring_of = spectrum.Rings(y);
      const float* power = spectrum.Row(y);
      for (int x = 0; x <= half; ++x) {
        if (ring_of[x] < rings) fn(ring_of[x], power[x]);
      }
    }
  };
  for_each_row([&](int ring, float) { ++begin_of[ring + 1]; });
  for (int ring = 0; ring < rings; ++ring) begin_of[ring + 1] += begin_of[ring];
  std::vector<float> values(begin_of.back());
  std::vector<int> next(begin_of.begin(), begin_of.end() - 1);
  for_each_row([&](int ring, float power) { values[next[ring]++] = power; });

  std::vector<float> noise(rings, 0.0f);
  for (int ring = 0; ring < rings; ++ring) {
    const auto begin = values.begin() + begin_of[ring], end = values.begin() + begin_of[ring + 1];
    if (begin == end) continue;
    const auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end);
    noise[ring] = static_cast<float>(*middle / std::log(2.0));
  }
  return noise;
}

}  // namespace

double SpectralPeaks::SnrNear(const Vector2& frequency) const {
  const Vector2 f = frequency.x < 0 ? Vector2{-frequency.x, -frequency.y} : frequency;
  const int x = static_cast<int>(std::lround(f.x / resolution));
  const int y = static_cast<int>(std::lround(f.y / resolution));
  const int size = snr.rows;
  if (x >= snr.cols - 1 || std::abs(y) >= size / 2 - 1) return 0;
  float largest = 0;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = x > 0 ? -1 : 0; dx <= 1; ++dx) {
      largest = std::max(largest, snr((y + dy + size) % size, x + dx));
    }
  }
  return largest;
}

SpectralPeaks FindSpectralPeaks(const Image& image, int max_peaks) {
  const int side = std::min(kMaxSide, std::max(image.rows, image.cols));
  double window_energy = 0;
  const PowerSpectrum spectrum(
      Windowed(image, FourierSide(std::max(side + side % 2, kMinTransformSide)), &window_energy));
  std::vector<float> noise = RingNoise(spectrum);

  SpectralPeaks result;
  result.resolution = 1.0 / spectrum.size();
  for (float power : noise) {
    result.noise_variance.push_back(static_cast<float>(power / window_energy));
  }
  const double min_radius = kMinRadiusBins * spectrum.size() / side;
  const int limit = spectrum.half() - 1;
  float strongest = 0;
  for (int y = -limit + 1; y < limit; ++y) {
    const float* power = spectrum.Row(y);
    for (int x = 0; x < limit; ++x) {
      strongest = Radius(x, y) >= min_radius ? std::max(strongest, power[x]) : strongest;
    }
  }
  for (float& power : noise) {
    power = std::max(power, static_cast<float>(kMinNoiseShare * strongest));
  }
  result.snr = spectrum.DividedByRings(noise);
  for (int y = -limit + 1; y < limit; ++y) {
    const float* snrs = result.snr[(y + spectrum.size()) % spectrum.size()];
    for (int x = y > 0 ? 0 : 1; x < limit; ++x) {
      const float snr = snrs[x];
      if (!(snr > kMinPeakSnr)) continue;
      const double radius = Radius(x, y);
      if (radius < min_radius || radius > limit) continue;
      const float power = spectrum.at(x, y);
      bool top = true;
      for (int dy = -2; dy <= 2 && top; ++dy) {
        for (int dx = -2; dx <= 2 && top; ++dx) {
          top = std::abs(y + dy) > limit || spectrum.Mirrored(x + dx, y + dy) <= power;
        }
      }
      if (!top) continue;
      // The logarithm of a Hann window's main lobe is close to a parabola.
      const auto log_power = [&](int dx, int dy) {
        return std::log(std::max(spectrum.Mirrored(x + dx, y + dy), 1e-30f));
      };
      SpectralPeak peak;
      peak.frequency.x =
          (x + ParabolaTop(log_power(-1, 0), log_power(0, 0), log_power(1, 0))) / spectrum.size();
      peak.frequency.y =
          (y + ParabolaTop(log_power(0, -1), log_power(0, 0), log_power(0, 1))) / spectrum.size();
      peak.snr = snr;
      peak.strength = std::log(1.1 * snr / kMinPeakSnr);
      result.peaks.push_back(peak);
    }
  }
  std::sort(result.peaks.begin(), result.peaks.end(),
            [](const SpectralPeak& a, const SpectralPeak& b) { return a.snr > b.snr; });
  if (static_cast<int>(result.peaks.size()) > max_peaks) result.peaks.resize(max_peaks);
  return result;
}

}  // namespace atomstream
