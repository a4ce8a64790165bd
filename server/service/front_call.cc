#include "server/service/front_call.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/front_codec.h"

namespace atomstream {
namespace {

absl::StatusOr<FrameRecordPtr> FindRecord(const v1::GetParetoFrontRequest& request,
                                          const std::optional<KeptFrame>& newest,
                                          const ResultStore& store) {
  if (request.has_position()) {
    return store.Get({request.position().epoch(), request.position().sequence()});
  }
  if (!newest) return absl::NotFoundError("position: there is no live result yet; name one");
  return newest->record;
}

}  // namespace

absl::StatusOr<v1::GetParetoFrontResponse> GetParetoFront(const v1::GetParetoFrontRequest& request,
                                                          const std::optional<KeptFrame>& newest,
                                                          const ResultStore& store) {
  ASSIGN_OR_RETURN(const FrameRecordPtr record, FindRecord(request, newest, store));
  const auto* result = std::get_if<LogStarResult>(&record->detector.result);
  if (result == nullptr || !record->detector.status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("position.sequence = ", record->position.sequence,
                     ": is no result of log_star with a front"));
  }
  v1::GetParetoFrontResponse response;
  response.mutable_position()->set_epoch(record->position.epoch);
  response.mutable_position()->set_sequence(record->position.sequence);
  response.set_frame_id(record->frame_id);
  *response.mutable_front() = FrontToProto(*result);
  response.set_qc(result->qc);
  response.set_er(result->er);
  *response.mutable_flags() = {result->flags.begin(), result->flags.end()};
  response.set_width_px(record->width_px);
  response.set_height_px(record->height_px);
  if (request.without_windows()) return response;
  std::vector<WindowResult> windows = result->windows;
  if (newest && newest->record == record && newest->analysis != nullptr) {
    ASSIGN_OR_RETURN(windows, newest->analysis->Windows(result->choice));
  }
  for (const WindowResult& window : windows) *response.add_windows() = WindowToProto(window);
  return response;
}

}  // namespace atomstream
