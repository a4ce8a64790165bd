// The TIFF half of image_file, over libtiff. Internal to it.
#ifndef ATOMSTREAM_CLIENT_CPP_TIFF_FILE_H_
#define ATOMSTREAM_CLIENT_CPP_TIFF_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cpp/image_file.h"

namespace atomstream {

// True if `start`, the first bytes of a file, is TIFF or BigTIFF of either byte order.
bool IsTiff(absl::string_view start);

absl::StatusOr<std::unique_ptr<ImageFileReader>> OpenTiff(const std::string& path);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_TIFF_FILE_H_
