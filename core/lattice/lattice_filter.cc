#include "core/lattice/lattice_filter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/image/fourier.h"
#include "core/lattice/material_area.h"
#include "core/lattice/vector_math.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

constexpr double kMinFrequency = 0.33;  // 1 / d_NN
constexpr double kMaxFrequency = 2.6;   // 1 / d_NN
constexpr double kOtherGrainSnr = 20;   // far beyond what noise reaches

double SignedFrequency(int bin, int size) {
  return static_cast<double>(bin <= size / 2 ? bin : bin - size) / size;
}

int Wrapped(int bin, int size) { return (bin % size + size) % size; }

// How often a column of a half spectrum counts in a sum over the whole one.
double Multiplicity(int column, int image_columns) {
  return column == 0 || 2 * column == image_columns ? 1 : 2;
}

// mask(k) = max over the frequencies f of exp(-|k - f|^2 / (2 width^2)), mirror images included;
// the half of it that a half spectrum of an image of `size` has.
Image BandMask(cv::Size size, const std::vector<Vector2>& frequencies, double width) {
  Image mask(size.height, size.width / 2 + 1, 0.0f);
  const int reach_x = static_cast<int>(std::ceil(3 * width * size.width));
  const int reach_y = static_cast<int>(std::ceil(3 * width * size.height));
  std::vector<float> gain_x(2 * reach_x + 1);
  std::vector<int> column(2 * reach_x + 1);
  for (const Vector2& half : frequencies) {
    for (const Vector2& f : {half, -1.0 * half}) {
      const int centre_x = static_cast<int>(std::lround(f.x * size.width));
      const int centre_y = static_cast<int>(std::lround(f.y * size.height));
      const auto gain = [&](int bin, int cells, double centre) {
        const double distance = static_cast<double>(bin) / cells - centre;
        return static_cast<float>(std::exp(-0.5 * distance * distance / (width * width)));
      };
      int columns = 0;
      for (int dx = -reach_x; dx <= reach_x; ++dx) {
        const int wrapped = Wrapped(centre_x + dx, size.width);
        if (wrapped >= mask.cols) continue;
        gain_x[columns] = gain(centre_x + dx, size.width, f.x);
        column[columns++] = wrapped;
      }
      if (columns == 0) continue;
      for (int dy = -reach_y; dy <= reach_y; ++dy) {
        const float gain_y = gain(centre_y + dy, size.height, f.y);
        float* row = mask[Wrapped(centre_y + dy, size.height)];
        for (int i = 0; i < columns; ++i) {
          row[column[i]] = std::max(row[column[i]], gain_y * gain_x[i]);
        }
      }
    }
  }
  mask(0, 0) = 0;  // the mean
  return mask;
}

BandNoise NoiseThrough(const Image& mask, int image_columns, const SpectralPeaks& peaks) {
  BandNoise noise;
  const int last = static_cast<int>(peaks.noise_variance.size()) - 1;
  double sum = 0;
  double sum2 = 0;
  double sum4 = 0;
  for (int y = 0; y < mask.rows; ++y) {
    const double v = SignedFrequency(y, mask.rows);
    const float* gain = mask[y];
    for (int x = 0; x < mask.cols; ++x) {
      const double gain2 = gain[x] * gain[x];
      if (gain2 < 1e-4) continue;
      const double u = SignedFrequency(x, image_columns);
      const double counts = Multiplicity(x, image_columns);
      const int ring =
          std::min<int>(last, std::lround(std::sqrt(u * u + v * v) / peaks.resolution));
      sum += counts * gain2 * peaks.noise_variance[std::max(ring, 0)];
      sum2 += counts * gain2;
      sum4 += counts * gain2 * gain2;
    }
  }
  const double bins = static_cast<double>(mask.rows) * image_columns;
  noise.mean_square = sum / bins;
  if (sum2 > 0) noise.correlation_area_px = bins * sum4 / (sum2 * sum2);
  return noise;
}

// Mean square of what passes a mask (Parseval).
double EnergyThrough(const Image& mask, const HalfSpectrum& spectrum) {
  double sum = 0;
  for (int y = 0; y < mask.rows; ++y) {
    const float* gain = mask[y];
    const float* re = spectrum.real[y];
    const float* im = spectrum.imaginary[y];
    for (int x = 0; x < mask.cols; ++x) {
      if (gain[x] < 1e-2f) continue;
      sum += Multiplicity(x, spectrum.image_columns) * gain[x] * gain[x] *
             (re[x] * re[x] + im[x] * im[x]);
    }
  }
  const double pixels = static_cast<double>(mask.rows) * spectrum.image_columns;
  return sum / (pixels * pixels);
}

// `part` of the image of what passes the mask.
Image PassBand(const HalfSpectrum& spectrum, const Image& mask, cv::Rect part) {
  HalfSpectrum passed{spectrum.image_columns, {}, {}};
  cv::multiply(spectrum.real, mask, passed.real);
  cv::multiply(spectrum.imaginary, mask, passed.imaginary);
  return TransformBack(std::move(passed))(part);
}

// A band twice as coherent lets through a quarter of the noise, and nearly all of the lattice.
double Coherence(double energy, double noise, const LatticeFilterOptions& options) {
  constexpr double kNoiseShare = 0.25;
  const double signal = std::max(energy - noise, 0.01 * energy);
  const double coherence =
      options.material_coherence_d_nn * std::sqrt(noise / (kNoiseShare * signal));
  return std::clamp(coherence, options.min_coherence_d_nn, options.max_coherence_d_nn);
}

}  // namespace

std::vector<Vector2> LatticeFrequencies(const std::vector<Vector2>& reflections,
                                        const SpectralPeaks& peaks, double d_nn_px) {
  std::vector<Vector2> frequencies;
  const auto add = [&](const Vector2& f) {
    const double length = Length(f) * d_nn_px;
    if (length >= kMinFrequency && length <= kMaxFrequency) frequencies.push_back(f);
  };
  for (const Vector2& reflection : reflections) add(reflection);
  for (const SpectralPeak& peak : peaks.peaks) {
    if (peak.snr > kOtherGrainSnr || reflections.empty()) add(peak.frequency);
  }
  return frequencies;
}

LatticeFiltered ApplyLatticeFilter(const Image& image, const std::vector<Vector2>& frequencies,
                                   const SpectralPeaks& peaks, double d_nn_px,
                                   const LatticeFilterOptions& options) {
  if (frequencies.empty()) {
    return {Image(image.rows, image.cols, 0.0f), Image(image.rows, image.cols, 1.0f)};
  }
  // Mirrored margins: the discrete transform would otherwise join opposite edges.
  const int margin = std::clamp(static_cast<int>(std::ceil(2.5 * d_nn_px)), 4,
                                std::min(image.rows, image.cols) - 1);
  const cv::Size size(FourierSide(image.cols + 2 * margin), FourierSide(image.rows + 2 * margin));
  Image padded;
  cv::copyMakeBorder(image, padded, margin, size.height - image.rows - margin, margin,
                     size.width - image.cols - margin, cv::BORDER_REFLECT);
  const HalfSpectrum spectrum = TransformForward(padded);

  const double width = 1 / (2 * M_PI * d_nn_px);
  const Image wide = BandMask(size, frequencies, width / options.material_coherence_d_nn);
  const BandNoise noise = NoiseThrough(wide, size.width, peaks);
  const double coherence = Coherence(EnergyThrough(wide, spectrum), noise.mean_square, options);
  const Image band = BandMask(size, frequencies, width / coherence);
  const cv::Rect part(margin, margin, image.cols, image.rows);
  LatticeFiltered result;
  result.material = MaterialMask(image, PassBand(spectrum, wide, part), noise, d_nn_px);
  result.filtered = PassBand(spectrum, band, part).mul(result.material);
  return result;
}

}  // namespace atomstream
