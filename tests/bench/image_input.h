// Images of files as the bench uses them: one float32 page.
#ifndef ATOMSTREAM_TESTS_BENCH_IMAGE_INPUT_H_
#define ATOMSTREAM_TESTS_BENCH_IMAGE_INPUT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/image/frame.h"

namespace atomstream::bench {

// The file's first page as a Frame (which checks it); its id is the path.
absl::StatusOr<std::shared_ptr<const Frame>> ReadFrame(const std::string& path,
                                                       FrameMetadata metadata = {});

// A frame of a simulated image.
absl::StatusOr<std::shared_ptr<const Frame>> MakeFrame(const Image& image, FrameMetadata metadata);

absl::Status WriteImage(const std::string& path, const Image& image);

// Values as scikit-image's img_as_float takes them: floats as they are, integers divided by the
// largest value of their type (and not below -1).
Image AsFloatImage(const Frame& frame);

// Smallest value to 0, largest to 1; a constant image becomes 0. What users of blob_log do.
Image ScaleMinMax(const Image& image);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_IMAGE_INPUT_H_
