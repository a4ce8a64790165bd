// ImageFileReader: reads the pages of NPY and TIFF files one by one. No protobuf, no gRPC, no
// OpenCV: the command line client, the daemon's replay and the bench all read files through it.
//
// A page is read when it is asked for, so a stack of any length costs the memory of one page. A
// reader belongs to one thread at a time. Errors start with the path and name the field and its
// value; what libtiff has to say goes into the Status, never to stderr.
#ifndef ATOMSTREAM_CLIENT_CPP_IMAGE_FILE_H_
#define ATOMSTREAM_CLIENT_CPP_IMAGE_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

// One page: `bytes` holds width * height little-endian pixels, row by row, without padding.
struct RawImage {
  // The numeric types that a frame can have. Other types of a file are converted on reading, or
  // refused if a value does not fit.
  enum class PixelType { kU8, kU16, kI16, kU32, kF32 };

  int width = 0;
  int height = 0;
  PixelType pixel_type = PixelType::kU8;
  std::string bytes;
  double pixel_size_nm = 0;  // 0: the file does not say
};

int BytesPerPixel(RawImage::PixelType type);

class ImageFileReader {
 public:
  static constexpr int kMaxSide = 4096;

  // Tells NPY from TIFF by the first bytes, whatever the name. NotFound, PermissionDenied, or
  // InvalidArgument for a file that is neither, is truncated, or has no readable page.
  //   NPY   versions 1-3, 2-D or a 3-D stack (page, row, column), little-endian. u1 u2 i2 u4 f4 as
  //         they are; b1 as u8; f8 as f32; i1 i4 i8 u8 as i16, u32 or f32, whichever holds every
  //         value of the page exactly. Fortran order for 2-D only.
  //   TIFF  8/16/32-bit integer, 32/64-bit float, one sample a pixel, strips or tiles, any
  //         compression that libtiff knows. Pixel size from ImageJ's unit or the resolution tags.
  static absl::StatusOr<std::unique_ptr<ImageFileReader>> Open(absl::string_view path);

  virtual ~ImageFileReader() = default;

  virtual int count() const = 0;  // pages, at least 1

  // `index` in [0, count()), else OutOfRange. InvalidArgument for a page that cannot be read; other
  // pages may still be readable.
  virtual absl::StatusOr<RawImage> Read(int index) = 0;
};

// Writes one page as a 2-D array, more as a 3-D stack. All pages must have the size and type of the
// first. For tools and tests.
absl::Status WriteNpy(absl::string_view path, const std::vector<RawImage>& pages);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_IMAGE_FILE_H_
