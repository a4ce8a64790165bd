// DriftView: a frame made ready for measuring drift: its spectrum, and how much of it is specimen.
//
// Computed once for a frame and used twice, with the frame before it and with the one after it.
// Immutable, so it crosses threads as std::shared_ptr<const DriftView>; the functions are pure.
#ifndef ATOMSTREAM_CORE_STRUCTURE_DRIFT_VIEW_H_
#define ATOMSTREAM_CORE_STRUCTURE_DRIFT_VIEW_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/fourier.h"
#include "core/image/frame.h"

namespace atomstream {

struct DriftOptions {
  // The longest drift between two frames that is looked for. Below half of the shortest lattice
  // vector even a perfect crystal has one answer only.
  double max_step_px = 12;  // (0, 1024]
  // How far one frame's drift differs from the last one's, typically. Larger changes are possible,
  // but need better evidence.
  double step_change_px = 1;  // (0, 1024]
  // Frames with longer sides are binned before they are compared.
  int max_side_px = 1024;  // [64, 4096]
};

absl::Status ValidateDriftOptions(const DriftOptions& options);

struct DriftView {
  int width_px = 0;  // of the frame
  int height_px = 0;
  int bin = 1;            // this many pixels in x and in y were averaged to one
  HalfSpectrum spectrum;  // of the windowed, despeckled frame
  // Of each of its frequencies:
  Image signal;  // power of the specimen, as far as it is known
  Image rest;    // power of everything else: noise, leakage
};

// InvalidArgument: an image with a side shorter than Frame::kMinSide, options out of range.
absl::StatusOr<std::shared_ptr<const DriftView>> MakeDriftView(const Image& image,
                                                               const DriftOptions& options);

// The window along one side of a (binned) frame: 1 in the middle, falling to 0 at the ends.
std::vector<float> DriftWindow(int length);

// Signed frequency of spectrum bin `index`, cycles per (binned) pixel.
inline double DriftFrequency(int index, int size) {
  return static_cast<double>(index <= size / 2 ? index : index - size) / size;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_DRIFT_VIEW_H_
