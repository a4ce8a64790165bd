#include "detectors/log_star/atom_place.h"

#include <cassert>

#include "core/blob/disk_mean.h"
#include "core/blob/refine.h"

namespace atomstream {
namespace {
constexpr double kAtomSigma = 0.3;  // d_NN: about the width of an atom in HAADF frames
}  // namespace

AtomPlacer::AtomPlacer(const FrameSurvey& survey, const PeakCache& cache, int variant,
                       bool refine_subpixel)
    : survey_(survey),
      cache_(cache),
      variant_(cache.variants[variant]),
      refine_subpixel_(refine_subpixel),
      border_(kAtomSigma * survey.lattice.d_nn_px) {}

AtomPlace AtomPlacer::Of(const ScalePeak& peak) const {
  AtomPlace place;
  const Blob blob = BlobOf(peak, cache_);
  place.outside = border_.CentreLiesOutside(survey_.image.clipped, blob);
  if (place.outside) return place;
  const Blob centre = refine_subpixel_ ? RefineBlob(variant_.stack[peak.level], blob) : blob;
  place.x_px = centre.x_px;
  place.y_px = centre.y_px;
  place.intensity = DiskMean(survey_.image.unclipped, blob);
  return place;
}

std::vector<int> PeaksOf(const std::vector<Blob>& blobs, const std::vector<ScalePeak>& peaks,
                         const PeakCache& cache) {
  std::vector<int> indices;
  indices.reserve(blobs.size());
  size_t i = 0;
  for (const Blob& blob : blobs) {
    const auto is_blob = [&](const ScalePeak& peak) {
      const Blob other = BlobOf(peak, cache);
      return other.x_px == blob.x_px && other.y_px == blob.y_px && other.sigma_px == blob.sigma_px;
    };
    while (i < peaks.size() && !is_blob(peaks[i])) ++i;
    assert(i < peaks.size());
    if (i == peaks.size()) break;
    indices.push_back(static_cast<int>(i++));
  }
  return indices;
}

}  // namespace atomstream
