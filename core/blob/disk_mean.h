// The brightness of an image at an atom. Pure function; any thread.
#ifndef ATOMSTREAM_CORE_BLOB_DISK_MEAN_H_
#define ATOMSTREAM_CORE_BLOB_DISK_MEAN_H_

#include "core/blob/prune.h"
#include "core/image/frame.h"

namespace atomstream {

// Mean of `image` over the disk of radius sigma_px (at least a pixel) around the blob's pixel, as
// far as it lies in the image; 0 if none of it does.
float DiskMean(const Image& image, const Blob& blob);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BLOB_DISK_MEAN_H_
