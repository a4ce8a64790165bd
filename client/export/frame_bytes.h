// How many bytes of pixels a frame has by its size and type; -1: the type is not known.
#ifndef ATOMSTREAM_CLIENT_EXPORT_FRAME_BYTES_H_
#define ATOMSTREAM_CLIENT_EXPORT_FRAME_BYTES_H_

#include <cstdint>

#include "atomstream/v1/frame.pb.h"

namespace atomstream {

inline int64_t FrameBytes(const v1::Frame& frame) {
  int64_t bytes = 0;
  switch (frame.pixel_type()) {
    case v1::PIXEL_TYPE_U8:
      bytes = 1;
      break;
    case v1::PIXEL_TYPE_U16:
    case v1::PIXEL_TYPE_I16:
      bytes = 2;
      break;
    case v1::PIXEL_TYPE_U32:
    case v1::PIXEL_TYPE_F32:
      bytes = 4;
      break;
    default:
      return -1;
  }
  return bytes * frame.width_px() * frame.height_px();
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_FRAME_BYTES_H_
