#include "core/simulate/contamination.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace atomstream {
namespace {
constexpr int kWaves = 5;
constexpr int kSamplesPerSide = 48;
}  // namespace

Contamination::Contamination(double amplitude, double shortest_wave_nm, Vector2 half_size_nm,
                             Random& random) {
  if (amplitude <= 0) return;
  for (int i = 0; i < kWaves; ++i) {
    const double wave_nm = shortest_wave_nm * random.Uniform(1, 2.5);
    const double direction = random.Uniform(0, 2 * std::numbers::pi);
    const double k = 2 * std::numbers::pi / wave_nm;
    waves_.push_back({k * std::cos(direction), k * std::sin(direction),
                      random.Uniform(0, 2 * std::numbers::pi), wave_nm / shortest_wave_nm});
  }
  // Scale so that the extremes over the specimen are 0 and `amplitude`.
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (int j = 0; j < kSamplesPerSide; ++j) {
    for (int i = 0; i < kSamplesPerSide; ++i) {
      const double value = At(half_size_nm.x * (2.0 * i / (kSamplesPerSide - 1) - 1),
                              half_size_nm.y * (2.0 * j / (kSamplesPerSide - 1) - 1));
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const double scale = high > low ? amplitude / (high - low) : 0;
  for (Wave& wave : waves_) wave.amplitude *= scale;
  offset_ = -low * scale;
}

double Contamination::At(double x_nm, double y_nm) const {
  double value = offset_;
  for (const Wave& wave : waves_) {
    value += wave.amplitude * std::cos(wave.kx * x_nm + wave.ky * y_nm + wave.phase);
  }
  return value;
}

void Contamination::AddTo(Vector2 first_nm, double step_nm, Image& image) const {
  if (waves_.empty()) return;
  // cos(a + b) = cos a cos b - sin a sin b: each wave needs one row of cosines and sines, not one
  // of each per pixel.
  std::vector<float> cosines(waves_.size() * image.cols);
  std::vector<float> sines(cosines.size());
  for (size_t i = 0; i < waves_.size(); ++i) {
    for (int x = 0; x < image.cols; ++x) {
      const double angle = waves_[i].kx * (first_nm.x + step_nm * x);
      cosines[i * image.cols + x] = static_cast<float>(std::cos(angle));
      sines[i * image.cols + x] = static_cast<float>(std::sin(angle));
    }
  }
  for (int y = 0; y < image.rows; ++y) {
    float* row = image[y];
    for (int x = 0; x < image.cols; ++x) row[x] += static_cast<float>(offset_);
    for (size_t i = 0; i < waves_.size(); ++i) {
      const Wave& wave = waves_[i];
      const double angle = wave.ky * (first_nm.y + step_nm * y) + wave.phase;
      const float c = static_cast<float>(wave.amplitude * std::cos(angle));
      const float s = static_cast<float>(wave.amplitude * std::sin(angle));
      const float* cosine = &cosines[i * image.cols];
      const float* sine = &sines[i * image.cols];
      for (int x = 0; x < image.cols; ++x) row[x] += c * cosine[x] - s * sine[x];
    }
  }
}

}  // namespace atomstream
