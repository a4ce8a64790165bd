// Blobs on the frame's border: inside, or the visible flank of an atom beyond it?
//
// The reflected border turns the flank of an atom outside the frame into a maximum on the border
// pixel. The fall of the brightness inwards tells on which side the centre lies. Pure; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_BORDER_H_
#define ATOMSTREAM_CORE_BLOB_BORDER_H_

#include "core/blob/prune.h"
#include "core/image/frame.h"

namespace atomstream {

// True if the blob lies on a border pixel of `image` and the Gaussian, of about its scale, that
// fits the brightness inwards best is centred outside the frame, beyond -0.5 px. `image` is the
// frame itself: filters that mirror the border hide what this looks for.
bool CentreLiesOutside(const Image& image, const Blob& blob);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_BORDER_H_
