// What a file may store in a pixel, and its conversion to the types that a frame can have. Internal
// to image_file.
#ifndef ATOMSTREAM_CLIENT_CPP_PIXEL_CONVERSION_H_
#define ATOMSTREAM_CLIENT_CPP_PIXEL_CONVERSION_H_

#include <string>

#include "absl/status/status.h"
#include "client/cpp/image_file.h"

namespace atomstream {

enum class StoredType { kU8, kU16, kU32, kU64, kI8, kI16, kI32, kI64, kF32, kF64 };

int BytesPerPixel(StoredType type);

// Sets image's pixel_type and bytes from `stored`, the page's pixels in native byte order. Types
// that a frame can have are moved as they are. Otherwise InvalidArgument if a value fits none.
absl::Status ConvertPixels(StoredType type, std::string stored, RawImage& image);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_PIXEL_CONVERSION_H_
