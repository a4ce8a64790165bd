#include "core/structure/drift.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// How alike the same material looks in two frames at best, as an amplitude: scan distortion and
// beam damage. It stops strong reflections from drowning the defects.
constexpr double kLikeness = 0.95;
// The likelihood takes frequencies for independent, which the window makes them less than.
constexpr double kTemper = 0.5;
// Two drifts whose evidence differs by less than this share of the whole cannot be told apart: the
// new material at the borders and what is left of the window's effect is of that size.
constexpr double kEvidenceError = 0.005;
constexpr double kSureProbability = 0.99;
constexpr double kLostCoherence = 0.25;
// Evidence in standard deviations of what phases at random give: the best of the hundreds of drifts
// that are tried reaches 4.5 by chance, frames of one crystal reach 7 to 30.
constexpr double kLeastDeviations = 5.5;
// Of the prior: shares of steps like the last one, of small ones, and of any.
constexpr double kLikeLast = 0.85;
constexpr double kSmall = 0.12;
constexpr int kMaxRivals = 8;
constexpr size_t kMostRefined = 2 * kMaxRivals;

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
  double chance = 0;    // standard deviation of a wrong one's
};

Correlation Correlate(const DriftView& a, const DriftView& b) {
  const int rows = a.spectrum.rows();
  const int columns = a.spectrum.columns();
  const int image_columns = a.spectrum.image_columns;
  Correlation result;
  HalfSpectrum product{image_columns, Image::zeros(rows, columns), Image::zeros(rows, columns)};
  for (int row = 0; row < rows; ++row) {
    const float *first_re = a.spectrum.real[row], *first_im = a.spectrum.imaginary[row];
    const float *second_re = b.spectrum.real[row], *second_im = b.spectrum.imaginary[row];
    const float *first_signal = a.signal[row], *second_signal = b.signal[row];
    const float *first_rest = a.rest[row], *second_rest = b.rest[row];
    const double fy = DriftFrequency(row, rows);
    for (int column = 0; column < columns; ++column) {
      const double s1 = first_signal[column], s2 = second_signal[column];
      if (s1 <= 0 || s2 <= 0) continue;
      // Off the diagonal of the inverse covariance of the frequency's two complex values.
      const double common = kLikeness * std::sqrt(s1 * s2);
      const double weight =
          common / ((s1 + first_rest[column]) * (s2 + second_rest[column]) - common * common);
      const float factor = static_cast<float>(kTemper * weight);
      // The second times the conjugate of the first.
      const std::complex<float> value(
          factor * (first_re[column] * second_re[column] + first_im[column] * second_im[column]),
          factor * (first_re[column] * second_im[column] - first_im[column] * second_re[column]));
      product.real(row, column) = value.real();
      product.imaginary(row, column) = value.imag();
      const float twice = column == 0 || 2 * column == image_columns ? 1 : 2;
      result.expected += twice * kTemper * weight * common;
      // The other half of the first column says the same.
      if (column == 0 && row > rows / 2) continue;
      result.waves.push_back(
          {static_cast<float>(2 * std::numbers::pi * DriftFrequency(column, image_columns)),
           static_cast<float>(2 * std::numbers::pi * fy), twice * value});
    }
  }
  double variance = 0;
  for (const Wave& wave : result.waves) variance += std::norm(wave.value) / 2;
  result.chance = std::sqrt(variance);
  result.surface = TransformBack(std::move(product));
  result.surface *= static_cast<double>(rows) * image_columns;
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
  return peaks;
}

DriftEstimate Judge(const Correlation& correlation, const std::optional<PointPx>& expected,
                    const DriftOptions& options, const DriftView& view) {
  const int bin = view.bin;
  const std::vector<float> across = DriftWindow(view.width_px / bin);
  const std::vector<float> down = DriftWindow(view.height_px / bin);
  DriftEstimate estimate;
  const double max_step = options.max_step_px / bin;
  std::vector<Peak> peaks = FindPeaks(correlation.surface, max_step);
  if (peaks.empty() || correlation.expected <= 0) return estimate;
  std::optional<PointPx> binned;
  if (expected.has_value()) binned = {expected->x_px / bin, expected->y_px / bin};
  const auto weigh = [&](Peak& peak) {
    peak.value /= WindowOverlap(across, peak.x) * WindowOverlap(down, peak.y);
    peak.posterior =
        peak.value / (1 + kEvidenceError * correlation.expected) +
        std::log(Prior(peak.x, peak.y, binned, options.step_change_px / bin, max_step));
  };
  const auto sort = [&] {
    std::sort(peaks.begin(), peaks.end(),
              [](const Peak& a, const Peak& b) { return a.posterior > b.posterior; });
  };
  // A crystal has more peaks of one height within a long reach than can be refined. Which of them
  // are worth it the prior says too: height alone may leave out the expected one.
  if (peaks.size() > kMostRefined) {
    for (Peak& peak : peaks) weigh(peak);
    sort();
    peaks.resize(kMostRefined);
  }
  for (Peak& peak : peaks) {
    peak = Refine(correlation.waves, static_cast<int>(peak.x), static_cast<int>(peak.y));
    weigh(peak);
  }
  sort();
  const double best = peaks.front().posterior;
  double total = 0;
  for (Peak& peak : peaks) total += peak.posterior = std::exp(peak.posterior - best);

  const Peak& winner = peaks.front();
  estimate.coherence = std::clamp(winner.value / correlation.expected, 0.0, 1.0);
  if (estimate.coherence < kLostCoherence || winner.value < kLeastDeviations * correlation.chance) {
    return estimate;
  }
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

absl::StatusOr<DriftEstimate> EstimateDrift(const DriftView& earlier, const DriftView& later,
                                            const std::optional<PointPx>& expected,
                                            const DriftOptions& options) {
  RETURN_IF_ERROR(ValidateDriftOptions(options));
  if (earlier.width_px != later.width_px || earlier.height_px != later.height_px ||
      earlier.bin != later.bin || earlier.signal.size() != later.signal.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("frames of ", earlier.width_px, " x ", earlier.height_px, " px and ",
                     later.width_px, " x ", later.height_px, " px: sizes must be equal"));
  }
  return CatchToStatus("EstimateDrift", [&]() -> absl::StatusOr<DriftEstimate> {
    return Judge(Correlate(earlier, later), expected, options, earlier);
  });
}

}  // namespace atomstream
