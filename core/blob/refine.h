// Sub-pixel refinement. Pure function; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_REFINE_H_
#define ATOMSTREAM_CORE_BLOB_REFINE_H_

#include "core/blob/prune.h"
#include "core/image/frame.h"

namespace atomstream {

// Moves the blob to the top of the quadratic surface through the 3 x 3 responses around its pixel,
// by at most half a pixel in x and y. `response` is the LoG image of the blob's scale. A blob on
// the image's border moves along the border only.
Blob RefineBlob(const Image& response, const Blob& blob);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_REFINE_H_
