// Frame: one validated HAADF image with what the microscope said about it.
//
// Immutable after Create, so it crosses threads as std::shared_ptr<const Frame> without a lock.
// Invariants: 8 <= width, height <= 4096; every pixel of image() is finite.
#ifndef ATOMSTREAM_CORE_IMAGE_FRAME_H_
#define ATOMSTREAM_CORE_IMAGE_FRAME_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/mutex.h"
#include "opencv2/core.hpp"

namespace atomstream {

// A single-channel float32 image; image(row, column).
using Image = cv::Mat_<float>;

enum class PixelType { kU8, kU16, kI16, kU32, kF32 };

int BytesPerPixel(PixelType type);
absl::string_view PixelTypeName(PixelType type);  // "u8", "u16", "i16", "u32", "f32"

// Pixel centres are at integers; x is the column, y the row, both from 0.
struct PointPx {
  double x_px = 0;
  double y_px = 0;
};

struct FrameMetadata {
  std::string id;      // unique per frame; never empty in a Frame
  int64_t number = 0;  // the source's frame number, rising
  absl::Time acquisition_time = absl::UnixEpoch();
  std::string detector;      // e.g. "HAADF"
  double pixel_size_nm = 0;  // 0: the source does not know
  double dwell_time_s = 0;   // 0: unknown
  std::string material;      // preset name; empty: as configured
  // Exact atom positions. Only simulated sources know them; used to score, never to detect.
  std::optional<std::vector<PointPx>> ground_truth;
};

struct NormalisedImage;

class Frame {
 public:
  static constexpr int kMinSide = 8;
  static constexpr int kMaxSide = 4096;

  // `rows` holds width * height little-endian pixels of `type`, row by row, without padding.
  // InvalidArgument names the field and its value: size out of range, byte count that does not
  // match, NaN or infinite pixel (with its position), negative or non-finite pixel size or dwell
  // time, empty id.
  static absl::StatusOr<std::shared_ptr<const Frame>> Create(FrameMetadata metadata, int width,
                                                             int height, PixelType type,
                                                             absl::string_view rows);

  const FrameMetadata& metadata() const { return metadata_; }
  const Image& image() const { return image_; }  // raw values as float32; u32 rounds above 2^24
  int width() const { return image_.cols; }
  int height() const { return image_.rows; }
  PixelType pixel_type() const { return pixel_type_; }

  // Normalise(image()), made once for all who hold it at the same time: whoever leads a frame
  // through several stages keeps it meanwhile. It is not kept for the frame's whole life, as a
  // history of frames would become three times as large. Throws what OpenCV throws.
  std::shared_ptr<const NormalisedImage> normalised() const;

 private:
  Frame(FrameMetadata metadata, Image image, PixelType pixel_type);

  const FrameMetadata metadata_;
  const Image image_;
  const PixelType pixel_type_;

  mutable Mutex mutex_;
  mutable std::weak_ptr<const NormalisedImage> normalised_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_IMAGE_FRAME_H_
