// GetFrame: from the cache of frames to the contract. Free of gRPC; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_
#define ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_

#include "absl/status/status.h"
#include "atomstream/v1/analysis.pb.h"
#include "server/store/frame_cache.h"

namespace atomstream {

// Sides of a preview.
inline constexpr int kMinPreviewSide = 16;
inline constexpr int kMaxPreviewSide = 4096;

// InvalidArgument names max_side_px. NotFound: the frame is not kept.
absl::Status GetFrame(const v1::GetFrameRequest& request, const FrameCache& frames,
                      v1::GetFrameResponse& response);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_
