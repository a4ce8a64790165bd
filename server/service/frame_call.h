// GetFrame: from a frame to the contract. Free of gRPC; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_
#define ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_

#include "absl/status/status.h"
#include "atomstream/v1/analysis.pb.h"
#include "core/image/frame.h"

namespace atomstream {

// Sides of a preview.
inline constexpr int kMinPreviewSide = 16;
inline constexpr int kMaxPreviewSide = 4096;

// InvalidArgument names max_side_px.
absl::Status CheckGetFrame(const v1::GetFrameRequest& request);

// The answer to a request that passed the check, with the frame that it asks for.
absl::Status AnswerGetFrame(const v1::GetFrameRequest& request, const Frame& frame,
                            v1::GetFrameResponse& response);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_
