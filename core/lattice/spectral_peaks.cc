#include "core/lattice/spectral_peaks.h"

#include <algorithm>
#include <cmath>

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
    double row_sum = 0;
    double row_weight = 0;
    for (int x = 0; x < width; ++x) {
      row_sum += across[x] * part(y, x);
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
    for (int x = 0; x < width; ++x) {
      windowed(y, x) = down[y] * across[x] * (part(y, x) - mean);
    }
  }
  return windowed;
}

// std::hypot's care for overflow costs more here than the rest of the loop.
double Radius(double x, double y) { return std::sqrt(x * x + y * y); }

// Half of a power spectrum: rows are signed frequencies y in [-size/2, size/2), columns x in
// [0, size/2]. The other half mirrors it.
class HalfSpectrum {
 public:
  explicit HalfSpectrum(const Image& windowed)
      : size_(windowed.rows), power_(size_, size_ / 2 + 1) {
    Image packed;
    cv::dft(windowed, packed);  // CCS-packed rows for x; x = 0 and x = size/2 need their own care
    for (int y = 0; y < size_; ++y) {
      float* out = power_[y];
      for (int x = 1; x < (size_ + 1) / 2; ++x) {
        const float re = packed(y, 2 * x - 1);
        const float im = packed(y, 2 * x);
        out[x] = re * re + im * im;
      }
    }
    FillEdgeColumn(packed, 0, 0);
    if (size_ % 2 == 0) FillEdgeColumn(packed, size_ - 1, size_ / 2);
  }

  int size() const { return size_; }
  int half() const { return size_ / 2; }

  // Power at signed bins, x in [0, half], y in [-half, half].
  float at(int x, int y) const { return power_((y + size_) % size_, x); }
  // Any signed bins, through the mirror symmetry.
  float Mirrored(int x, int y) const { return x >= 0 ? at(x, y) : at(-x, -y); }

  // Power over the noise of its ring; 0 beyond the last ring.
  Image DividedByRings(const std::vector<float>& noise) const {
    Image quotient(power_.rows, power_.cols, 0.0f);
    for (int y = 0; y < size_; ++y) {
      const int signed_y = y <= half() ? y : y - size_;
      for (int x = 0; x <= half(); ++x) {
        const size_t ring = std::lround(Radius(x, signed_y));
        if (ring < noise.size() && noise[ring] > 0) quotient(y, x) = power_(y, x) / noise[ring];
      }
    }
    return quotient;
  }

 private:
  // In CCS packing the columns 0 and size/2 hold the half spectra of y.
  void FillEdgeColumn(const Image& packed, int source, int column) {
    power_(0, column) = packed(0, source) * packed(0, source);
    for (int y = 1; y < (size_ + 1) / 2; ++y) {
      const float re = packed(2 * y - 1, source);
      const float im = packed(2 * y, source);
      power_(y, column) = power_(size_ - y, column) = re * re + im * im;
    }
    if (size_ % 2 == 0) {
      power_(size_ / 2, column) = packed(size_ - 1, source) * packed(size_ - 1, source);
    }
  }

  int size_;
  Image power_;
};

// Expected noise power of each ring: its median over ln 2, the median of an exponential law.
std::vector<float> RingNoise(const HalfSpectrum& spectrum) {
  const int rings = spectrum.half() + 1;
  std::vector<std::vector<float>> values(rings);
  // Half a ring of radius r has pi r values, and rounding adds a few.
  for (int ring = 0; ring < rings; ++ring) values[ring].reserve(4 * ring + 8);
  for (int y = -spectrum.half() + 1; y < spectrum.half(); ++y) {
    for (int x = 0; x <= spectrum.half(); ++x) {
      const int ring = static_cast<int>(std::lround(Radius(x, y)));
      if (ring < rings) values[ring].push_back(spectrum.at(x, y));
    }
  }
  std::vector<float> noise(rings, 0.0f);
  for (int ring = 0; ring < rings; ++ring) {
    std::vector<float>& ring_values = values[ring];
    if (ring_values.empty()) continue;
    const auto middle = ring_values.begin() + ring_values.size() / 2;
    std::nth_element(ring_values.begin(), middle, ring_values.end());
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
  const HalfSpectrum spectrum(Windowed(
      image, cv::getOptimalDFTSize(std::max(side + side % 2, kMinTransformSide)), &window_energy));
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
    for (int x = 0; x < limit; ++x) {
      if (Radius(x, y) >= min_radius) strongest = std::max(strongest, spectrum.at(x, y));
    }
  }
  for (float& power : noise) {
    power = std::max(power, static_cast<float>(kMinNoiseShare * strongest));
  }
  result.snr = spectrum.DividedByRings(noise);
  for (int y = -limit + 1; y < limit; ++y) {
    for (int x = y > 0 ? 0 : 1; x < limit; ++x) {
      const double radius = Radius(x, y);
      if (radius < min_radius || radius > limit) continue;
      const float power = spectrum.at(x, y);
      const float snr = result.snr((y + spectrum.size()) % spectrum.size(), x);
      if (!(snr > kMinPeakSnr)) continue;
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
