// FrameOfFile: a page of an image file as the frame that AnalyzeFrame takes. Pure but for the
// clock, which stamps the frame.
#ifndef ATOMSTREAM_CLIENT_CLI_FRAME_REQUEST_H_
#define ATOMSTREAM_CLIENT_CLI_FRAME_REQUEST_H_

#include <string>

#include "atomstream/v1/frame.pb.h"
#include "client/cpp/image_file.h"

namespace atomstream {

// Named "<file name>#<page>". `pixel_size_nm` 0: as the file says.
v1::Frame FrameOfFile(const std::string& path, int page, RawImage image, double pixel_size_nm,
                      const std::string& material);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_FRAME_REQUEST_H_
