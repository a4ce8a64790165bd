// AtomPlace: what the images say about a peak once it is taken for an atom: its sub-pixel place,
// its brightness, and whether it is the flank of an atom outside the frame. Pure function; any
// thread.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_ATOM_PLACE_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_ATOM_PLACE_H_

#include <vector>

#include "core/blob/border.h"
#include "core/blob/prune.h"
#include "core/blob/scale_peaks.h"
#include "core/structure/atom.h"
#include "detectors/log_star/frame_survey.h"
#include "detectors/log_star/peak_cache.h"

namespace atomstream {

struct AtomPlace {
  float x_px = 0;
  float y_px = 0;
  float intensity = 0;
  // The centre lies beyond the frame's border. The rewards expect such flanks; results leave them
  // out. The other members are not set.
  bool outside = false;
};

// Finds the places of a frame's atoms. Immutable; any thread.
class AtomPlacer {
 public:
  // `survey` and `cache` still hold their images, and outlive it.
  AtomPlacer(const FrameSurvey& survey, const PeakCache& cache, int variant, bool refine_subpixel);

  AtomPlace Of(const ScalePeak& peak) const;

 private:
  const FrameSurvey& survey_;
  const PeakCache& cache_;
  const PreprocessedPeaks& variant_;
  const bool refine_subpixel_;
  const BorderCheck border_;
};

// What the peak is to the pruner.
inline Blob BlobOf(const ScalePeak& peak, const PeakCache& cache) {
  return {static_cast<float>(peak.x_px), static_cast<float>(peak.y_px),
          static_cast<float>(cache.sigmas_px[peak.level]), peak.response};
}

// The peaks that `blobs` were made of, as indices into `peaks`; both by falling response.
std::vector<int> PeaksOf(const std::vector<Blob>& blobs, const std::vector<ScalePeak>& peaks,
                         const PeakCache& cache);

inline Atom ToAtom(const AtomPlace& place, const Blob& blob) {
  return {place.x_px, place.y_px, blob.sigma_px, place.intensity, blob.response};
}

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_ATOM_PLACE_H_
