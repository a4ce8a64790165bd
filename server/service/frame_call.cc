#include "server/service/frame_call.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/frame_codec.h"
#include "server/codec/frame_preview.h"
#include "server/service/error.h"

namespace atomstream {
namespace {

absl::Status Check(const v1::GetFrameRequest& request) {
  const int max_side = request.max_side_px();
  if (max_side == 0 || (max_side >= kMinPreviewSide && max_side <= kMaxPreviewSide)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("max_side_px = ", max_side,
                                                 ": must be 0 (the frame as it came) or in [",
                                                 kMinPreviewSide, ", ", kMaxPreviewSide, "]"));
}

absl::StatusOr<v1::GetFrameResponse> Answer(const v1::GetFrameRequest& request,
                                            const Frame& frame) {
  return CatchToStatus("GetFrame", [&]() -> absl::StatusOr<v1::GetFrameResponse> {
    v1::GetFrameResponse response;
    if (request.max_side_px() == 0) {
      *response.mutable_frame() = FrameWithoutTruthToProto(frame);
      response.set_reduction(1);
    } else {
      response.set_reduction(ReductionOf(frame.width(), frame.height(), request.max_side_px()));
      *response.mutable_frame() = PreviewToProto(frame, response.reduction());
    }
    return response;
  });
}

}  // namespace

absl::StatusOr<v1::GetFrameResponse> GetFrameInMemory(const v1::GetFrameRequest& request,
                                                      const FrameFinder& frames) {
  RETURN_IF_ERROR(Check(request));
  ASSIGN_OR_RETURN(const auto frame, frames.FindInMemory(request.frame_id()));
  return Answer(request, *frame);
}

absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest& request,
                                              const FrameFinder& frames) {
  RETURN_IF_ERROR(Check(request));
  ASSIGN_OR_RETURN(const auto frame, frames.Find(request.frame_id()));
  return Answer(request, *frame);
}

absl::string_view FrameErrorReason(const absl::Status& error) {
  if (absl::IsInvalidArgument(error)) return kPreviewSizeInvalid;
  if (absl::IsNotFound(error)) return kFrameNotFound;
  return absl::IsDataLoss(error) ? kFrameDamaged : kFrameUnreadable;
}

}  // namespace atomstream
