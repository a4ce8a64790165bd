#include "server/service/frame_call.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/frame_codec.h"
#include "server/codec/frame_preview.h"

namespace atomstream {

absl::Status GetFrame(const v1::GetFrameRequest& request, const FrameCache& frames,
                      v1::GetFrameResponse& response) {
  const int max_side = request.max_side_px();
  if (max_side != 0 && (max_side < kMinPreviewSide || max_side > kMaxPreviewSide)) {
    return absl::InvalidArgumentError(absl::StrCat("max_side_px = ", max_side,
                                                   ": must be 0 (the frame as it came) or in [",
                                                   kMinPreviewSide, ", ", kMaxPreviewSide, "]"));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Frame> frame,
                   request.frame_id().empty() ? frames.Newest() : frames.Get(request.frame_id()));
  return CatchToStatus("GetFrame", [&] {
    if (max_side == 0) {
      *response.mutable_frame() = FrameWithoutTruthToProto(*frame);
      response.set_reduction(1);
    } else {
      response.set_reduction(ReductionOf(frame->width(), frame->height(), max_side));
      *response.mutable_frame() = PreviewToProto(*frame, response.reduction());
    }
    return absl::OkStatus();
  });
}

}  // namespace atomstream
