// Blobs on the frame's border: inside, or the visible flank of an atom beyond it?
//
// The reflected border turns the flank of an atom outside the frame into a maximum on the border
// pixel. The fall of the brightness inwards tells on which side the centre lies. Pure; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_BORDER_H_
#define ATOMSTREAM_CORE_BLOB_BORDER_H_

#include "core/blob/prune.h"
#include "core/image/frame.h"

namespace atomstream {

// True if the blob lies on a border pixel of `image` and the Gaussian that fits the brightness
// inwards best is centred outside the frame, beyond -0.5 px. Gaussians of 0.55 to 1.25 times
// `atom_sigma_px` are tried; the blob's own scale is no guide, as a search may choose one twice the
// atom's. `image` is the frame itself: filters that mirror the border hide what this looks for.
bool CentreLiesOutside(const Image& image, const Blob& blob, double atom_sigma_px);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_BORDER_H_
