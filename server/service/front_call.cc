#include "server/service/front_call.h"

#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "server/codec/front_codec.h"
#include "server/codec/result_codec.h"
#include "server/codec/stored_codec.h"

namespace atomstream {
namespace {

bool IsAt(const FrameRecord& record, const v1::ResultPosition& position) {
  return record.position.epoch == position.epoch() &&
         record.position.sequence == position.sequence();
}

}  // namespace

absl::StatusOr<v1::GetParetoFrontResponse> GetParetoFront(const v1::GetParetoFrontRequest& request,
                                                          const std::optional<KeptFrame>& newest,
                                                          const ResultStore& store) {
  const bool is_newest =
      newest && (!request.has_position() || IsAt(*newest->record, request.position()));
  v1::FrameResult result;
  if (is_newest) {
    result = ResultToProto(*newest->record);
  } else if (request.has_position()) {
    ASSIGN_OR_RETURN(const StoredResultPtr stored,
                     store.Get({request.position().epoch(), request.position().sequence()}));
    ASSIGN_OR_RETURN(result, DecodeResult(*stored));
  } else {
    return absl::NotFoundError("position: there is no live result yet; name one");
  }
  RETURN_IF_ERROR(CheckHasFront(result));
  v1::DetectorResult& detector = *result.mutable_detectors(0);
  v1::GetParetoFrontResponse response;
  *response.mutable_position() = std::move(*result.mutable_position());
  response.set_frame_id(result.frame_id());
  *response.mutable_front() = std::move(*detector.mutable_front());
  response.set_qc(detector.qc());
  response.set_er(detector.er());
  *response.mutable_flags() = std::move(*detector.mutable_flags());
  response.set_width_px(result.width_px());
  response.set_height_px(result.height_px());
  if (request.without_windows()) return response;
  if (is_newest && newest->analysis != nullptr) {
    // Of all windows, not only those that were searched for this frame.
    ASSIGN_OR_RETURN(const std::vector<WindowResult> windows,
                     newest->analysis->Windows(newest->result().choice));
    for (const WindowResult& window : windows) *response.add_windows() = WindowToProto(window);
  } else {
    *response.mutable_windows() = std::move(*detector.mutable_windows());
  }
  return response;
}

}  // namespace atomstream
