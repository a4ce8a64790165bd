#include "core/structure/drift.h"

#include <algorithm>
#include <cmath>
#include <complex>
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
// How alike the same material looks in two frames at best, as an amplitude: scan distortion and
// beam damage. It stops strong reflections from drowning the defects.
constexpr double kLikeness = 0.95;
// Frequencies below this many periods a frame show illumination, not the specimen.
constexpr double kLowestPeriods = 1.5;
// The likelihood takes frequencies for independent, which the window makes them less than.
constexpr double kTemper = 0.5;
// Of the power within this many frequencies, that much shows up in all of them.
constexpr int kSmearBins = 31;
constexpr double kSmearShare = 0.02;
// Two drifts whose evidence differs by less than this share of the whole cannot be told apart: the
// new material at the borders and what is left of the window's effect is of that size.
constexpr double kEvidenceError = 0.005;
constexpr double kSureProbability = 0.95;
constexpr double kLostCoherence = 0.15;
// Of the prior: shares of steps like the last one, of small ones, and of any.
constexpr double kLikeLast = 0.7;
constexpr double kSmall = 0.25;
constexpr int kMaxRivals = 8;
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

std::vector<float> Taper(int length) {
  const int ramp = std::max(1, static_cast<int>(length * kTaper));
  std::vector<float> window(length, 1);
  for (int i = 0; i < ramp; ++i) {
    const double value = 0.5 - 0.5 * std::cos(std::numbers::pi * (i + 0.5) / ramp);
    window[i] = window[length - 1 - i] = static_cast<float>(value);
  }
  return window;
}

// Windowed and padded with zeros to a size that transforms fast. The window's mean is removed
// first, so that a bright frame does not show its window.
Image Windowed(const Image& image) {
  const std::vector<float> across = Taper(image.cols);
  const std::vector<float> down = Taper(image.rows);
  double sum = 0, weights = 0;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const double weight = across[x] * down[y];
      sum += weight * image(y, x);
      weights += weight;
    }
  }
  const float mean = static_cast<float>(sum / weights);
  Image result = Image::zeros(cv::getOptimalDFTSize(image.rows), cv::getOptimalDFTSize(image.cols));
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      result(y, x) = across[x] * down[y] * (image(y, x) - mean);
    }
  }
  return result;
}

// Signed frequency of bin `index`, cycles per pixel.
double Frequency(int index, int size) {
  return static_cast<double>(index <= size / 2 ? index : index - size) / size;
}

double NoisePower(const Image& power) {
  std::vector<float> values;
  for (int row = 0; row < power.rows; ++row) {
    if (std::abs(Frequency(row, power.rows)) < kNoiseBand) continue;
    for (int column = 0; column <= power.cols / 2; ++column) {
      if (Frequency(column, power.cols) >= kNoiseBand) values.push_back(power(row, column));
    }
  }
  // Power of noise is exponentially distributed: its mean is the median over ln 2.
  const double noise = Median(values) / std::numbers::ln2;
  return std::max(noise, 1e-7 * cv::mean(power)[0] + 1e-30);
}

// What each frequency shows besides the specimen: the noise, and what the window smears into it
// from strong reflections nearby. The window stands still, so without this it would say that
// nothing moves.
Image DisturbingPower(const Image& power, double noise) {
  Image smeared;
  cv::blur(power, smeared, {kSmearBins, kSmearBins}, {-1, -1}, cv::BORDER_REFLECT);
  return kSmearShare * smeared + noise;
}

// Mean power above `disturbing` at each distance from the origin, of the frequencies that do not
// stand out: defects, borders, disorder.
std::vector<float> DiffusePower(const Image& power, const Image& local, const Image& disturbing,
                                const cv::Mat_<uint8_t>& rings) {
  std::vector<double> sums(kRings, 0), squares(kRings, 0), counts(kRings, 0);
  for (int row = 0; row < power.rows; ++row) {
    for (int column = 0; column < power.cols; ++column) {
      if (local(row, column) > kStandsOut * disturbing(row, column)) continue;
      const int ring = rings(row, column);
      sums[ring] += power(row, column) - disturbing(row, column);
      squares[ring] += disturbing(row, column) * disturbing(row, column);
      counts[ring] += 1;
    }
  }
  std::vector<float> diffuse(kRings, 0);
  for (int i = 0; i < kRings; ++i) {
    // The standard deviation of a sum of noise; each frequency comes twice.
    if (sums[i] > std::sqrt(2 * squares[i])) diffuse[i] = static_cast<float>(sums[i] / counts[i]);
  }
  return diffuse;
}

// Power of the specimen: that of the frequency, if it stands out (reflections), else the diffuse.
Image SignalPower(const Image& power, const Image& disturbing, int frame_width, int frame_height) {
  Image local;
  cv::blur(power, local, {3, 3}, {-1, -1}, cv::BORDER_REFLECT);
  cv::Mat_<uint8_t> rings(power.size());
  for (int row = 0; row < power.rows; ++row) {
    for (int column = 0; column < power.cols; ++column) {
      const double radius = std::hypot(Frequency(column, power.cols), Frequency(row, power.rows));
      const int ring = static_cast<int>(radius / kHighestRing * kRings);
      rings(row, column) = static_cast<uint8_t>(std::min(kRings - 1, ring));
    }
  }
  const std::vector<float> diffuse = DiffusePower(power, local, disturbing, rings);
  Image signal(power.size());
  for (int row = 0; row < power.rows; ++row) {
    const double periods_y = Frequency(row, power.rows) * frame_height;
    for (int column = 0; column < power.cols; ++column) {
      const double periods_x = Frequency(column, power.cols) * frame_width;
      const float rest = disturbing(row, column);
      const bool stands_out = local(row, column) > kStandsOut * rest;
      signal(row, column) = std::hypot(periods_x, periods_y) < kLowestPeriods ? 0
                            : stands_out ? local(row, column) - rest
                                         : diffuse[rings(row, column)];
    }
  }
  return signal;
}

// One frequency of the half plane, weighted: its share of the log-likelihood of a drift d is
// Re(value exp(i (x d.x + y d.y))).
struct Wave {
  float x, y;  // radians per pixel
  std::complex<float> value;
};

struct Correlation {
  std::vector<Wave> waves;
  Image surface;        // log-likelihood of each whole-pixel drift, modulo the size
  double expected = 0;  // log-likelihood that the right drift should have
};

Correlation Correlate(const DriftView& a, const DriftView& b) {
  const int rows = a.spectrum.rows;
  const int columns = a.spectrum.cols;
  Correlation result;
  cv::Mat product = cv::Mat::zeros(rows, columns, CV_32FC2);
  for (int row = 0; row < rows; ++row) {
    const auto* first = a.spectrum.ptr<std::complex<float>>(row);
    const auto* second = b.spectrum.ptr<std::complex<float>>(row);
    auto* out = product.ptr<std::complex<float>>(row);
    const double fy = Frequency(row, rows);
    for (int column = 0; column < columns; ++column) {
      const double s1 = a.signal(row, column);
      const double s2 = b.signal(row, column);
      if (s1 <= 0 || s2 <= 0) continue;
      // Off the diagonal of the inverse covariance of the frequency's two complex values.
      const double common = kLikeness * std::sqrt(s1 * s2);
      const double weight =
          common / ((s1 + a.rest(row, column)) * (s2 + b.rest(row, column)) - common * common);
      const std::complex<float> value =
          static_cast<float>(kTemper * weight) * first[column] * std::conj(second[column]);
      out[column] = std::conj(value);
      result.expected += kTemper * weight * common;
      // Half of the plane; the other half says the same.
      if (column > columns / 2 || (column == 0 && row > rows / 2)) continue;
      const float twice = column == 0 || 2 * column == columns ? 1 : 2;
      result.waves.push_back({static_cast<float>(2 * std::numbers::pi * Frequency(column, columns)),
                              static_cast<float>(2 * std::numbers::pi * fy),
                              twice * std::conj(value)});
    }
  }
  cv::Mat surface;
  cv::dft(product, surface, cv::DFT_INVERSE | cv::DFT_REAL_OUTPUT);
  result.surface = surface;
  return result;
}

// How much of the window is left of itself when it is shifted: a drift of that length can only find
// so much of the evidence.
double WindowOverlap(const std::vector<float>& window, double shift) {
  const int whole = static_cast<int>(std::floor(std::abs(shift)));
  const double part = std::abs(shift) - whole;
  const int size = static_cast<int>(window.size());
  double sum = 0, all = 0;
  for (int i = 0; i < size; ++i) {
    const double there = (i + whole < size ? (1 - part) * window[i + whole] : 0) +
                         (i + whole + 1 < size ? part * window[i + whole + 1] : 0);
    sum += window[i] * there;
    all += window[i] * window[i];
  }
  return sum / all;
}

struct Peak {
  double x = 0, y = 0;
  double value = 0;      // log-likelihood
  double variance = 0;   // along x or y, on average
  double posterior = 0;  // logarithm, not normalised; later the probability
};

// Newton's method on the exact sum, from a whole pixel.
Peak Refine(const std::vector<Wave>& waves, int x, int y) {
  Peak peak{static_cast<double>(x), static_cast<double>(y)};
  for (int step = 0; step < 4; ++step) {
    double value = 0, gx = 0, gy = 0, hxx = 0, hxy = 0, hyy = 0;
    const float px = static_cast<float>(peak.x), py = static_cast<float>(peak.y);
    for (const Wave& wave : waves) {
      const float angle = wave.x * px + wave.y * py;
      const float c = std::cos(angle), s = std::sin(angle);
      const float real = wave.value.real() * c - wave.value.imag() * s;
      const float imaginary = wave.value.real() * s + wave.value.imag() * c;
      value += real;
      gx -= wave.x * imaginary;
      gy -= wave.y * imaginary;
      hxx -= wave.x * wave.x * real;
      hxy -= wave.x * wave.y * real;
      hyy -= wave.y * wave.y * real;
    }
    peak.value = value;
    const double determinant = hxx * hyy - hxy * hxy;
    if (!(determinant > 0 && hxx < 0)) break;
    peak.variance = -(hxx + hyy) / 2 / determinant;
    const double dx = -(hyy * gx - hxy * gy) / determinant;
    const double dy = -(hxx * gy - hxy * gx) / determinant;
    // Never farther than to a neighbouring pixel: that would be another peak.
    const double next_x = std::clamp(peak.x + dx, x - 1.0, x + 1.0);
    const double next_y = std::clamp(peak.y + dy, y - 1.0, y + 1.0);
    const double moved = std::hypot(next_x - peak.x, next_y - peak.y);
    peak.x = next_x;
    peak.y = next_y;
    if (moved < 1e-4) break;
  }
  return peak;
}

// A density over the plane with heavy tails, of the given scale.
double HeavyTailed(double distance, double scale) {
  const double r = distance / scale;
  return 1 / (2 * std::numbers::pi * scale * scale * std::pow(1 + r * r, 1.5));
}

double Prior(double x, double y, const std::optional<PointPx>& expected, double step_change,
             double max_step) {
  const double any = 1 / (std::numbers::pi * max_step * max_step);
  const double small = HeavyTailed(std::hypot(x, y), max_step / 4);
  if (!expected.has_value()) return (kSmall + kLikeLast) * small + (1 - kSmall - kLikeLast) * any;
  const double like_last =
      HeavyTailed(std::hypot(x - expected->x_px, y - expected->y_px), step_change);
  return kLikeLast * like_last + kSmall * small + (1 - kLikeLast - kSmall) * any;
}

// Whole-pixel maxima within max_step that could matter, highest first.
std::vector<Peak> FindPeaks(const Image& surface, double max_step) {
  const int reach_x = std::min(static_cast<int>(max_step), surface.cols / 2 - 1);
  const int reach_y = std::min(static_cast<int>(max_step), surface.rows / 2 - 1);
  const auto at = [&](int x, int y) {
    return surface((y + surface.rows) % surface.rows, (x + surface.cols) % surface.cols);
  };
  std::vector<Peak> peaks;
  for (int y = -reach_y; y <= reach_y; ++y) {
    for (int x = -reach_x; x <= reach_x; ++x) {
      const float value = at(x, y);
      if (value <= 0 || std::hypot(x, y) > max_step) continue;
      bool top = true;
      for (int j = -1; j <= 1 && top; ++j) {
        for (int i = -1; i <= 1 && top; ++i) {
          if (i != 0 || j != 0) top = at(x + i, y + j) <= value;
        }
      }
      if (top) peaks.push_back({static_cast<double>(x), static_cast<double>(y), value});
    }
  }
  std::sort(peaks.begin(), peaks.end(),
            [](const Peak& a, const Peak& b) { return a.value > b.value; });
  // Between whole pixels a peak is higher than it looks, but not three times.
  while (!peaks.empty() && peaks.back().value < 0.3 * peaks.front().value) peaks.pop_back();
  if (peaks.size() > 2 * kMaxRivals) peaks.resize(2 * kMaxRivals);
  return peaks;
}

DriftEstimate Judge(const Correlation& correlation, const std::optional<PointPx>& expected,
                    const DriftOptions& options, const DriftView& view) {
  const int bin = view.bin;
  const std::vector<float> across = Taper(view.width_px / bin);
  const std::vector<float> down = Taper(view.height_px / bin);
  DriftEstimate estimate;
  const double max_step = options.max_step_px / bin;
  std::vector<Peak> peaks = FindPeaks(correlation.surface, max_step);
  if (peaks.empty() || correlation.expected <= 0) return estimate;
  std::optional<PointPx> binned;
  if (expected.has_value()) binned = {expected->x_px / bin, expected->y_px / bin};
  for (Peak& peak : peaks) {
    peak = Refine(correlation.waves, static_cast<int>(peak.x), static_cast<int>(peak.y));
    peak.value /= WindowOverlap(across, peak.x) * WindowOverlap(down, peak.y);
    peak.posterior =
        peak.value / (1 + kEvidenceError * correlation.expected) +
        std::log(Prior(peak.x, peak.y, binned, options.step_change_px / bin, max_step));
  }
  std::sort(peaks.begin(), peaks.end(),
            [](const Peak& a, const Peak& b) { return a.posterior > b.posterior; });
  const double best = peaks.front().posterior;
  double total = 0;
  for (Peak& peak : peaks) total += peak.posterior = std::exp(peak.posterior - best);

  const Peak& winner = peaks.front();
  estimate.coherence = std::clamp(winner.value / correlation.expected, 0.0, 1.0);
  if (estimate.coherence < kLostCoherence) return estimate;
  estimate.x_px = winner.x * bin;
  estimate.y_px = winner.y * bin;
  estimate.uncertainty_px = std::sqrt(winner.variance) * bin;
  estimate.probability = winner.posterior / total;
  estimate.quality = estimate.probability * estimate.coherence;
  estimate.state =
      estimate.probability >= kSureProbability ? DriftState::kMeasured : DriftState::kAmbiguous;
  for (size_t i = 1; i < peaks.size() && estimate.rivals.size() < kMaxRivals; ++i) {
    if (peaks[i].posterior / total <= 0.01) break;
    estimate.rivals.push_back({peaks[i].x * bin, peaks[i].y * bin});
  }
  return estimate;
}

}  // namespace

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
    cv::dft(Windowed(clean), view->spectrum, cv::DFT_COMPLEX_OUTPUT);
    Image power(view->spectrum.size());
    for (int row = 0; row < power.rows; ++row) {
      const auto* values = view->spectrum.ptr<std::complex<float>>(row);
      for (int column = 0; column < power.cols; ++column) {
        power(row, column) = std::norm(values[column]);
      }
    }
    view->rest = DisturbingPower(power, NoisePower(power));
    view->signal = SignalPower(power, view->rest, clean.cols, clean.rows);
    return View(std::move(view));
  });
}

absl::string_view DriftStateName(DriftState state) {
  switch (state) {
    case DriftState::kMeasured:
      return "measured";
    case DriftState::kAmbiguous:
      return "ambiguous";
    case DriftState::kLost:
      return "lost";
  }
  return "unknown";
}

absl::StatusOr<DriftEstimate> EstimateDrift(const DriftView& earlier, const DriftView& later,
                                            const std::optional<PointPx>& expected,
                                            const DriftOptions& options) {
  RETURN_IF_ERROR(ValidateDriftOptions(options));
  if (earlier.width_px != later.width_px || earlier.height_px != later.height_px ||
      earlier.bin != later.bin || earlier.spectrum.size() != later.spectrum.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("frames of ", earlier.width_px, " x ", earlier.height_px, " px and ",
                     later.width_px, " x ", later.height_px, " px: sizes must be equal"));
  }
  return CatchToStatus("EstimateDrift", [&]() -> absl::StatusOr<DriftEstimate> {
    return Judge(Correlate(earlier, later), expected, options, earlier);
  });
}

}  // namespace atomstream
