// Previews: frames reduced by averaging square blocks of pixels, for clients that want to look and
// not to measure. Pure functions; any thread.
//
// Pixel (x, y) of a preview covers the frame's pixels from reduction * x up to reduction * (x + 1)
// - 1, and likewise along y; blocks at the right and lower edge are cut to the frame.
#ifndef ATOMSTREAM_SERVER_CODEC_FRAME_PREVIEW_H_
#define ATOMSTREAM_SERVER_CODEC_FRAME_PREVIEW_H_

#include "atomstream/v1/frame.pb.h"
#include "atomstream/v1/result.pb.h"
#include "core/image/frame.h"

namespace atomstream {

// The least reduction with which no side is longer than `max_side_px` (> 0); 1: none is needed.
int ReductionOf(int width_px, int height_px, int max_side_px);

// Means over blocks of `reduction` x `reduction` (>= 1) pixels.
Image BlockMeans(const Image& image, int reduction);

// Pixels are f32; pixel_size_nm is that of the preview. Without truth.
v1::Frame PreviewToProto(const Frame& frame, int reduction);

// Longest side of FrameResult.preview.
inline constexpr int kResultPreviewSide = 256;

// FrameResult.preview: one byte a pixel, stretched so that the darkest becomes 0 and the brightest
// 255; of a frame that is the same everywhere all are 0.
v1::Preview ResultPreviewOf(const Image& image);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_FRAME_PREVIEW_H_
