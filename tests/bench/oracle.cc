#include "tests/bench/oracle.h"

#include <algorithm>
#include <limits>

#include "core/blob/scale_peaks.h"
#include "core/blob/scale_space.h"
#include "core/evaluate/point_index.h"

namespace atomstream::bench {
namespace {
constexpr double kMinSigma = 0.14;  // of d_NN
constexpr double kMaxSigma = 0.47;
constexpr int kLevels = 12;
}  // namespace

OracleResult FindOracle(const Image& image, const std::vector<PointPx>& truth, double d_nn_px,
                        const MatchOptions& match) {
  const PointIndex grid(truth, match.radius_px);
  std::vector<bool> counted(truth.size());
  for (size_t i = 0; i < truth.size(); ++i) counted[i] = IsCounted(truth[i], match);
  const auto atoms = std::count(counted.begin(), counted.end(), true);
  OracleResult best;
  for (const double sigma :
       SigmaLevels(kMinSigma * d_nn_px, kMaxSigma * d_nn_px, kLevels, /*log_scale=*/false)) {
    std::vector<ScalePeak> peaks = FindScalePeaks({LogResponse(image, sigma)}, 0);
    std::sort(peaks.begin(), peaks.end(),
              [](const ScalePeak& a, const ScalePeak& b) { return a.response > b.response; });
    std::vector<bool> hit(truth.size());
    int hits = 0;
    int found = 0;
    for (const ScalePeak& peak : peaks) {
      const PointPx position{static_cast<double>(peak.x_px), static_cast<double>(peak.y_px)};
      int nearest = -1;
      double distance = std::numeric_limits<double>::infinity();
      grid.ForEachWithin(position, match.radius_px, [&](int index, double squared) {
        if (squared < distance) distance = squared, nearest = index;
      });
      const bool first_on_atom = nearest >= 0 && !hit[nearest];
      if (first_on_atom) hit[nearest] = true;
      if (first_on_atom ? !counted[nearest] : !IsCounted(position, match)) continue;
      hits += first_on_atom;
      ++found;
      const double f1 = 2.0 * hits / static_cast<double>(found + atoms);
      if (f1 > best.f1) best = {f1, sigma / d_nn_px, peak.response, found};
    }
  }
  return best;
}

}  // namespace atomstream::bench
