#include "core/lattice/material_area.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

constexpr double kMaterialQuantile = 0.75;  // of the local energies: surely material's
constexpr double kMaxSmoothing = 2;         // d_NN; beyond this a hole is no longer resolved
constexpr int kBrightnessBins = 48;
constexpr double kVacuumEnergy = 0.35;  // share of the material's lattice energy

float Quantile(std::vector<float>& values, double q) {
  const auto nth = values.begin() + static_cast<int>(q * (values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

void SmoothStep(Image& image, double low, double high) {
  const float scale = static_cast<float>(1 / std::max(high - low, 1e-12));
  for (float& value : image) {
    const float t = std::clamp((value - static_cast<float>(low)) * scale, 0.0f, 1.0f);
    value = t * t * (3 - 2 * t);
  }
}

// Ones where averaging cannot beat the noise.
Image EnergyMask(const Image& energy, const BandNoise& noise, double d_nn_px) {
  const double mean = cv::mean(energy)[0];
  const double signal = std::max(mean - noise.mean_square, 0.01 * mean);
  if (!(signal > 0)) return Image(energy.rows, energy.cols, 1.0f);
  // Average over so many independent samples that noise alone moves the energy by no more than a
  // tenth of the signal's.
  const double spread = noise.mean_square + 2 * std::sqrt(noise.mean_square * signal);
  const double samples = std::pow(spread / (0.1 * signal), 2);
  const double smoothing =
      std::max(std::sqrt(samples * noise.correlation_area_px / (4 * M_PI)), 0.6 * d_nn_px);
  if (smoothing > kMaxSmoothing * d_nn_px) return Image(energy.rows, energy.cols, 1.0f);
  Image local;
  cv::GaussianBlur(energy, local, cv::Size(), smoothing, smoothing, cv::BORDER_REFLECT);
  std::vector<float> values(local.begin(), local.end());
  const double material = Quantile(values, kMaterialQuantile);
  const double floor = std::min(noise.mean_square, 0.9 * material);
  SmoothStep(local, floor + 0.2 * (material - floor), floor + 0.5 * (material - floor));
  return local;
}

// Ones if no brightness goes with absent lattice.
Image BrightnessMask(const Image& image, const Image& energy, const BandNoise& noise,
                     double d_nn_px) {
  Image brightness;
  const double smoothing = 0.75 * d_nn_px;
  cv::GaussianBlur(image, brightness, cv::Size(), smoothing, smoothing, cv::BORDER_REFLECT);
  const int pixels = brightness.rows * brightness.cols;
  const float* bright = brightness[0];
  const float* local = energy[0];
  double low = 0;
  double high = 0;
  cv::minMaxLoc(brightness, &low, &high);
  if (!(high > low)) return Image(image.rows, image.cols, 1.0f);
  constexpr int kLevels = 1024;
  std::vector<double> energy_at(kLevels, 0.0);
  std::vector<int> count_at(kLevels, 0);
  const double scale = (kLevels - 1) / (high - low);
  for (int i = 0; i < pixels; ++i) {
    const int level = static_cast<int>((bright[i] - low) * scale);
    energy_at[level] += local[i];
    ++count_at[level];
  }
  // Mean lattice energy of bins of equal area, from dark to bright.
  struct Bin {
    double energy;
    double top;  // brightness at its upper end
  };
  std::vector<Bin> bins;
  double sum = 0;
  int count = 0;
  for (int level = 0; level < kLevels; ++level) {
    sum += energy_at[level];
    count += count_at[level];
    if (count * kBrightnessBins >= pixels || level == kLevels - 1) {
      if (count > 0) bins.push_back({sum / count - noise.mean_square, low + (level + 1) / scale});
      sum = 0;
      count = 0;
    }
  }
  std::vector<float> energies;
  for (const Bin& bin : bins) energies.push_back(static_cast<float>(bin.energy));
  const double material = Quantile(energies, 0.6);
  size_t dark = 0;
  while (dark < bins.size() && bins[dark].energy < kVacuumEnergy * material) ++dark;
  if (material <= 0 || dark == 0 || dark > bins.size() / 2) {
    return Image(image.rows, image.cols, 1.0f);
  }
  // Vacuum has the brightness of its middle bin. The edge is set somewhat below halfway to the
  // material: the last row of atoms fills only part of its cells.
  const double vacuum = bins[dark / 2].top;
  const double typical = bins[(dark + bins.size()) / 2].top;
  const double half_width = 0.15 * (typical - vacuum);
  const double edge = vacuum + 0.4 * (typical - vacuum);
  SmoothStep(brightness, edge - half_width, edge + half_width);
  return brightness;
}

}  // namespace

Image MaterialMask(const Image& image, const Image& band, const BandNoise& noise, double d_nn_px) {
  Image energy;
  cv::multiply(band, band, energy);
  // Both signs are smoothed over at least 0.6 d_NN: a third of d_NN resolves them, at a fraction of
  // the cost.
  const int shrink = std::clamp(static_cast<int>(d_nn_px / 3), 1, 16);
  const cv::Size size(std::max(1, image.cols / shrink), std::max(1, image.rows / shrink));
  Image small_energy, small_image;
  cv::resize(energy, small_energy, size, 0, 0, cv::INTER_AREA);
  cv::resize(image, small_image, size, 0, 0, cv::INTER_AREA);
  const BandNoise small_noise{noise.mean_square, noise.correlation_area_px / (shrink * shrink)};
  const Image by_energy = EnergyMask(small_energy, small_noise, d_nn_px / shrink);
  const Image by_brightness =
      BrightnessMask(small_image, small_energy, small_noise, d_nn_px / shrink);
  Image mask;
  cv::resize(cv::min(by_energy, by_brightness), mask, image.size(), 0, 0, cv::INTER_LINEAR);
  return mask;
}

}  // namespace atomstream
