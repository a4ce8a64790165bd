// GetFrame: from the frames that can be had to the contract. Free of gRPC; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_
#define ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/v1/analysis.pb.h"
#include "server/store/frame_finder.h"

namespace atomstream {

// Sides of a preview.
inline constexpr int kMinPreviewSide = 16;
inline constexpr int kMaxPreviewSide = 4096;

// InvalidArgument names max_side_px. NotFound: the frame is not in memory.
absl::StatusOr<v1::GetFrameResponse> GetFrameInMemory(const v1::GetFrameRequest& request,
                                                      const FrameFinder& frames);
// Looks on disk, too, which takes long. NotFound: it is not kept; DataLoss: it is damaged.
absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest& request,
                                              const FrameFinder& frames);

// The reason (error.h) of what the two refuse.
absl::string_view FrameErrorReason(const absl::Status& error);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_FRAME_CALL_H_
