#include "core/structure/drift_view.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

// Share of each side over which the window falls to zero.
constexpr double kTaper = 0.25;
// A pixel this many standard deviations of the noise off its neighbours' median is a speckle.
constexpr double kSpeckleSigmas = 5;
// And at least this share of the range of the medians.
constexpr double kSpeckleRange = 0.4;
// Frequencies above this along both axes show noise alone: atoms are wider than two pixels.
constexpr double kNoiseBand = 0.35;
// A frequency stands out if the mean power of its 3 x 3 neighbourhood exceeds the noise so often.
// Noise alone does that once in 1e5 frequencies (a gamma distribution of shape 9).
constexpr double kStandsOut = 3;
// Frequencies below this many periods a frame show illumination, not the specimen.
constexpr double kLowestPeriods = 1.5;
// Of the power within this many frequencies, that much shows up in all of them.
constexpr int kSmearBins = 31;
constexpr double kSmearShare = 0.02;
constexpr int kRings = 40;
constexpr double kHighestRing = 0.71;  // cycles per pixel: the corner of the spectrum

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("drift.", name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

double Median(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Replaces hot and dead pixels by their neighbourhood's median. They are not part of the specimen:
// those that stay at one place of the frame would pretend that nothing moves.
Image Despeckled(const Image& image) {
  Image median;
  cv::medianBlur(image, median, 3);
  Image deviation = cv::abs(image - median);
  std::vector<float> sample;
  const size_t step = std::max<size_t>(1, deviation.total() / 16384);
  for (size_t i = 0; i < deviation.total(); i += step) {
    sample.push_back(*(deviation[0] + i));
  }
  double low = 0, high = 0;
  cv::minMaxLoc(median, &low, &high);
  // The top of a sharp atom deviates too, and in a frame without noise by many of its deviations.
  const double limit =
      std::max(kSpeckleSigmas * 1.4826 * Median(sample), kSpeckleRange * (high - low));
  Image clean = image.clone();
  median.copyTo(clean, deviation > limit);
  return clean;
}

// Windowed and padded with zeros to a size that transforms fast. The window's mean is removed
// first, so that a bright frame does not show its window.
Image Windowed(const Image& image) {
  const std::vector<float> across = DriftWindow(image.cols);
  const std::vector<float> down = DriftWindow(image.rows);
  double sum = 0, weights = 0;
  for (int y = 0; y < image.rows; ++y) {
    const float* row = image[y];
    double of_row = 0, weights_of_row = 0;
    for (int x = 0; x < image.cols; ++x) {
      of_row += across[x] * row[x];
      weights_of_row += across[x];
    }
    sum += down[y] * of_row;
    weights += down[y] * weights_of_row;
  }
  const float mean = static_cast<float>(sum / weights);
  Image result = Image::zeros(FourierSide(image.rows), FourierSide(image.cols));
  for (int y = 0; y < image.rows; ++y) {
    const float* row = image[y];
    float* out = result[y];
    for (int x = 0; x < image.cols; ++x) out[x] = across[x] * down[y] * (row[x] - mean);
  }
  return result;
}

double NoisePower(const Image& power, int image_columns) {
  std::vector<float> values;
  for (int row = 0; row < power.rows; ++row) {
    if (std::abs(DriftFrequency(row, power.rows)) < kNoiseBand) continue;
    for (int column = 0; column < power.cols; ++column) {
      if (DriftFrequency(column, image_columns) >= kNoiseBand) {
        values.push_back(power(row, column));
      }
    }
  }
  // Power of noise is exponentially distributed: its mean is the median over ln 2.
  const double noise = Median(values) / std::numbers::ln2;
  return std::max(noise, 1e-7 * cv::mean(power)[0] + 1e-30);
}

// The mean of a half spectrum's power over `bins` x `bins` frequencies around each. At the far edge
// of the half the other one goes on, mirrored.
Image MeanAround(const Image& power, int image_columns, int bins) {
  const int beyond = std::min(bins / 2 + 1, image_columns - power.cols);
  Image wide(power.rows, power.cols + beyond);
  power.copyTo(wide.colRange(0, power.cols));
  for (int row = 0; row < power.rows; ++row) {
    const float* mirrored = power[row == 0 ? 0 : power.rows - row];
    float* out = wide[row];
    for (int column = power.cols; column < wide.cols; ++column) {
      out[column] = mirrored[image_columns - column];
    }
  }
  Image mean;
  cv::blur(wide, mean, {bins, bins}, {-1, -1}, cv::BORDER_REFLECT);
  return mean.colRange(0, power.cols);
}

// What each frequency shows besides the specimen: the noise, and what the window smears into it
// from strong reflections nearby. The window stands still, so without this it would say that
// nothing moves.
Image DisturbingPower(const Image& power, int image_columns, double noise) {
  return kSmearShare * MeanAround(power, image_columns, kSmearBins) + noise;
}

// Squares of the frequencies of the first `count` of `size` bins, times `scale` before.
std::vector<float> SquaredFrequencies(int count, int size, double scale) {
  std::vector<float> squares(count);
  for (int i = 0; i < count; ++i) {
    const double value = scale * DriftFrequency(i, size);
    squares[i] = static_cast<float>(value * value);
  }
  return squares;
}

// Which of kRings rings about the origin each frequency is in.
cv::Mat_<uint8_t> Rings(cv::Size size, int image_columns) {
  constexpr double kRingsPerFrequency = kRings / kHighestRing;
  const std::vector<float> x2 = SquaredFrequencies(size.width, image_columns, kRingsPerFrequency);
  const std::vector<float> y2 = SquaredFrequencies(size.height, size.height, kRingsPerFrequency);
  cv::Mat_<uint8_t> rings(size);
  for (int row = 0; row < size.height; ++row) {
    uint8_t* out = rings[row];
    for (int column = 0; column < size.width; ++column) {
      const int ring = static_cast<int>(std::sqrt(x2[column] + y2[row]));
      out[column] = static_cast<uint8_t>(std::min(kRings - 1, ring));
    }
  }
  return rings;
}

// Mean power above `disturbing` at each distance from the origin, of the frequencies that do not
// stand out: defects, borders, disorder.
std::vector<float> DiffusePower(const Image& power, const Image& local, const Image& disturbing,
                                const cv::Mat_<uint8_t>& rings) {
  std::vector<double> sums(kRings, 0), squares(kRings, 0), counts(kRings, 0);
  for (int row = 0; row < power.rows; ++row) {
    const float* value = power[row];
    const float* around = local[row];
    const float* rest = disturbing[row];
    const uint8_t* ring = rings[row];
    for (int column = 0; column < power.cols; ++column) {
      if (around[column] > static_cast<float>(kStandsOut) * rest[column]) continue;
      sums[ring[column]] += value[column] - rest[column];
      squares[ring[column]] += rest[column] * rest[column];
      counts[ring[column]] += 1;
    }
  }
  std::vector<float> diffuse(kRings, 0);
  // The root of the squares is the standard deviation of a sum of noise.
  for (int i = 0; i < kRings; ++i) {
    if (sums[i] > std::sqrt(squares[i])) diffuse[i] = static_cast<float>(sums[i] / counts[i]);
  }
  return diffuse;
}

// Power of the specimen: that of the frequency, if it stands out (reflections), else the diffuse.
Image SignalPower(const Image& power, const Image& disturbing, int frame_width, int frame_height) {
  const int image_columns = FourierSide(frame_width);
  const Image local = MeanAround(power, image_columns, 3);
  const cv::Mat_<uint8_t> rings = Rings(power.size(), image_columns);
  const std::vector<float> diffuse = DiffusePower(power, local, disturbing, rings);
  Image signal(power.size());
  const std::vector<float> x2 = SquaredFrequencies(power.cols, image_columns, frame_width);
  const std::vector<float> y2 = SquaredFrequencies(power.rows, power.rows, frame_height);
  constexpr float kLowest2 = static_cast<float>(kLowestPeriods * kLowestPeriods);
  for (int row = 0; row < power.rows; ++row) {
    const float* around = local[row];
    const float* rest = disturbing[row];
    const uint8_t* ring = rings[row];
    float* out = signal[row];
    for (int column = 0; column < power.cols; ++column) {
      const bool stands_out = around[column] > static_cast<float>(kStandsOut) * rest[column];
      const float value = stands_out ? around[column] - rest[column] : diffuse[ring[column]];
      out[column] = x2[column] + y2[row] < kLowest2 ? 0 : value;
    }
  }
  return signal;
}

}  // namespace

std::vector<float> DriftWindow(int length) {
  const int ramp = std::max(1, static_cast<int>(length * kTaper));
  std::vector<float> window(length, 1);
  for (int i = 0; i < ramp; ++i) {
    const double value = 0.5 - 0.5 * std::cos(std::numbers::pi * (i + 0.5) / ramp);
    window[i] = window[length - 1 - i] = static_cast<float>(value);
  }
  return window;
}

absl::Status ValidateDriftOptions(const DriftOptions& options) {
  RETURN_IF_ERROR(CheckRange("max_step_px", options.max_step_px, 1, 1024));
  RETURN_IF_ERROR(CheckRange("step_change_px", options.step_change_px, 1e-3, 1024));
  return CheckRange("max_side_px", options.max_side_px, 64, Frame::kMaxSide);
}

absl::StatusOr<std::shared_ptr<const DriftView>> MakeDriftView(const Image& image,
                                                               const DriftOptions& options) {
  RETURN_IF_ERROR(ValidateDriftOptions(options));
  if (std::min(image.cols, image.rows) < Frame::kMinSide) {
    return absl::InvalidArgumentError(absl::StrCat("image = ", image.cols, " x ", image.rows,
                                                   " px: sides must be at least ",
                                                   Frame::kMinSide));
  }
  using View = std::shared_ptr<const DriftView>;
  return CatchToStatus("MakeDriftView", [&]() -> absl::StatusOr<View> {
    auto view = std::make_shared<DriftView>();
    view->width_px = image.cols;
    view->height_px = image.rows;
    while (std::max(image.cols, image.rows) / view->bin > options.max_side_px) view->bin *= 2;
    Image clean = Despeckled(image);
    if (view->bin > 1) {
      // What is left of the last pixels does not count: bins are whole.
      const cv::Size size(image.cols / view->bin, image.rows / view->bin);
      const Image whole = clean(cv::Rect(0, 0, size.width * view->bin, size.height * view->bin));
      cv::Mat binned;
      cv::resize(whole, binned, size, 0, 0, cv::INTER_AREA);
      clean = binned;
    }
    view->spectrum = TransformForward(Windowed(clean));
    const HalfSpectrum& spectrum = view->spectrum;
    Image power(spectrum.real.size());
    for (int row = 0; row < power.rows; ++row) {
      const float* re = spectrum.real[row];
      const float* im = spectrum.imaginary[row];
      float* out = power[row];
      for (int column = 0; column < power.cols; ++column) {
        out[column] = re[column] * re[column] + im[column] * im[column];
      }
    }
    const int columns = spectrum.image_columns;
    view->rest = DisturbingPower(power, columns, NoisePower(power, columns));
    view->signal = SignalPower(power, view->rest, clean.cols, clean.rows);
    return View(std::move(view));
  });
}

}  // namespace atomstream
