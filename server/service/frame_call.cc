#include "server/service/frame_call.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/frame_codec.h"
#include "server/codec/frame_preview.h"

namespace atomstream {

absl::Status CheckGetFrame(const v1::GetFrameRequest& request) {
  const int max_side = request.max_side_px();
  if (max_side == 0 || (max_side >= kMinPreviewSide && max_side <= kMaxPreviewSide)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("max_side_px = ", max_side,
                                                 ": must be 0 (the frame as it came) or in [",
                                                 kMinPreviewSide, ", ", kMaxPreviewSide, "]"));
}

absl::Status AnswerGetFrame(const v1::GetFrameRequest& request, const Frame& frame,
                            v1::GetFrameResponse& response) {
  return CatchToStatus("GetFrame", [&] {
    if (request.max_side_px() == 0) {
      *response.mutable_frame() = FrameWithoutTruthToProto(frame);
      response.set_reduction(1);
    } else {
      response.set_reduction(ReductionOf(frame.width(), frame.height(), request.max_side_px()));
      *response.mutable_frame() = PreviewToProto(frame, response.reduction());
    }
    return absl::OkStatus();
  });
}

}  // namespace atomstream
