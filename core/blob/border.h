// Blobs on the frame's border: inside, or the visible flank of an atom beyond it?
//
// The reflected border turns the flank of an atom outside the frame into a maximum on the border
// pixel. The fall of the brightness inwards tells on which side the centre lies. Pure; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_BORDER_H_
#define ATOMSTREAM_CORE_BLOB_BORDER_H_

#include <vector>

#include "core/blob/prune.h"
#include "core/image/frame.h"

namespace atomstream {

// Made once for the atoms of a frame; immutable.
class BorderCheck {
 public:
  // Gaussians of 0.55 to 1.25 times `atom_sigma_px` are tried; a blob's own scale is no guide, as a
  // search may choose one twice the atom's.
  explicit BorderCheck(double atom_sigma_px);

  // True if the blob lies on a border pixel of `image` and the Gaussian that fits the brightness
  // inwards best is centred outside the frame, beyond -0.5 px. `image` is the frame itself: filters
  // that mirror the border hide what this looks for.
  bool CentreLiesOutside(const Image& image, const Blob& blob) const;

 private:
  // A Gaussian, from the border inwards.
  struct Shape {
    double centre = 0;
    double sum = 0, squares = 0;
    std::vector<double> values;
  };

  double FittedCentre(const std::vector<double>& profile) const;

  const int depth_;
  std::vector<double> weights_;  // along the border
  std::vector<Shape> shapes_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_BORDER_H_
